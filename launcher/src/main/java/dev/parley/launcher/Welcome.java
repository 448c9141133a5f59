// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.demo.Person;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** What ./parley up says when it is ready: where, who, and two lines to try. */
final class Welcome {
  private Welcome() {}

  /**
   * @param url where clients reach this Parley
   * @param people of the demo hospital; empty without it
   * @param clients the file of the demo log-in's clients; null if there is no demo log-in
   */
  static String text(String url, List<Person> people, Path clients, String seconds) {
    StringBuilder text = new StringBuilder();
    text.append(
        """

        Parley is ready (%s s).

          FHIR      %s/fhir/R4
          Socket    %s/ws/subscriptions-r4
          Health    %s/health/ready
          Metrics   %s/metrics
        """
            .formatted(seconds, url, url.replaceFirst("^http", "ws"), url, url));
    if (!people.isEmpty()) {
      text.append("\nPeople of the demo hospital; each can log in, without a password:\n\n");
      people.forEach(person -> text.append(line(person)));
    }
    if (clients != null) {
      text.append(login(url, clients));
    }
    if (!people.isEmpty()) {
      text.append("\nTry it. In a second terminal, watch a nurse's messages arrive:\n\n  ");
      text.append(watch(url)).append("\n\nIn a third, write to her:\n\n  ");
      text.append(curl(url)).append('\n');
    }
    return text.append("\nCtrl-C stops it; everything is kept.").toString();
  }

  private static String login(String url, Path clients) {
    return """

        Tokens of the demo log-in:

          ./parley token --as nurse%1$s
          ./parley token --as "Dr. Anna Berg"%1$s
          ./parley token --system%1$s

        Apps and systems log in at %2$s/oauth2; %3$s lists them.
        """
        .formatted(port(url), url, clients);
  }

  private static String port(String url) {
    int port = URI.create(url).getPort();
    return port == 8080 ? "" : " --port " + port;
  }

  private static String line(Person person) {
    return "  %-34s %s, %s%n".formatted(person.reference(), person.name(), person.story());
  }

  static String watch(String url) {
    return "./parley watch --as nurse --topic communication --filter recipient=Practitioner/carla-mendes"
        + (url.equals("http://127.0.0.1:8080") ? "" : " --url " + url);
  }

  static String curl(String url) {
    return "curl "
        + url
        + "/fhir/R4/Communication -H \"Authorization: Bearer $(./parley token --as patient"
        + port(url)
        + ")\" -H 'Content-Type: application/fhir+json' -d '"
        + "{\"resourceType\":\"Communication\",\"status\":\"completed\","
        + "\"sender\":{\"reference\":\"Patient/rubin-padberg\"},"
        + "\"recipient\":[{\"reference\":\"Practitioner/carla-mendes\"}],"
        + "\"payload\":[{\"contentString\":\"118 before breakfast.\"}]}'";
  }
}
