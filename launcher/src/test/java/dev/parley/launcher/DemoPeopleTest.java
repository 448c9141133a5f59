// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jwt.SignedJWT;
import dev.parley.launcher.client.LocalLogin;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's way, with log-in: somebody of every role of the demo hospital. */
class DemoPeopleTest {
  private static final Map<String, String> FIRST =
      new TreeMap<>(
          Map.of(
              "patient", "Patient/rubin-padberg",
              "proxy", "RelatedPerson/kate-anderson",
              "nurse", "Practitioner/carla-mendes",
              "physician", "Practitioner/dr-anna-berg",
              "analyst", "Practitioner/erik-solberg",
              "privacy-officer", "Practitioner/janet-moore"));
  private static final String MESSAGE =
      """
      {"resourceType":"Communication","status":"completed",
       "sender":{"reference":"Patient/rubin-padberg"},"recipient":[{"reference":"Practitioner/carla-mendes"}],
       "payload":[{"contentString":"118 before breakfast."}]}""";
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  @TempDir Path data;

  @Test
  void somebody_of_every_role_logs_in_and_a_patient_writes_to_a_nurse() throws Exception {
    String token;
    try (ParleyProcess parley = up("0")) {
      String base = parley.base();
      URI address = URI.create(base);
      String root = "http://" + address.getAuthority();
      LocalLogin commands = LocalLogin.at(root).orElseThrow();
      for (Map.Entry<String, String> each : FIRST.entrySet()) {
        String one = commands.token(each.getKey(), null).text();
        assertEquals(each.getValue(), SignedJWT.parse(one).getJWTClaimsSet().getClaim("fhirUser"));
      }
      assertEquals(401, get(base + "/Patient/rubin-padberg", null));
      String patient = commands.token("patient", null).text();
      assertEquals(200, get(base + "/Patient/rubin-padberg", patient));
      assertEquals(404, get(base + "/Patient/giuseppe-stehr", patient));

      ParleyProcess printed =
          ParleyProcess.start("token", "--system", "--port", String.valueOf(address.getPort()));
      assertEquals(0, printed.exit(), printed::output);
      token = printed.output();
      assertTrue(token.matches("[\\w-]+\\.[\\w-]+\\.[\\w-]+"), token);
      assertEquals(200, get(base + "/Patient/giuseppe-stehr", token));

      ParleyProcess watch =
          ParleyProcess.start(
              "watch",
              "--as",
              "nurse",
              "--topic",
              "communication",
              "--filter",
              "recipient=Practitioner/carla-mendes",
              "--count",
              "2",
              "--url",
              root);
      watch.line(Pattern.compile("Watching Subscription/"));
      HttpRequest post =
          request(base + "/Communication", patient)
              .header("Content-Type", "application/fhir+json")
              .POST(HttpRequest.BodyPublishers.ofString(MESSAGE))
              .build();
      HttpResponse<String> stored = http.send(post, HttpResponse.BodyHandlers.ofString());
      assertEquals(201, stored.statusCode(), stored::body);
      assertEquals(0, watch.exit(), watch::output);
      // The conversation that the message opened, and the message in it.
      assertTrue(watch.output().contains("118 before breakfast."), watch::output);
    }
    // The folder is marked as the demo hospital's: it starts again as it is, with the same keys.
    try (ParleyProcess parley = up("0")) {
      URI address = URI.create(parley.base());
      assertTrue(LocalLogin.at("http://" + address.getAuthority()).isPresent());
      assertTrue(parley.output().contains("Carla Mendes"), parley::output);
    }
  }

  private ParleyProcess up(String port) {
    return ParleyProcess.start("up", "--data", data.toString(), "--port", port);
  }

  private int get(String address, String token) throws Exception {
    return http.send(request(address, token).build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static HttpRequest.Builder request(String address, String token) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address));
    return token == null ? request : request.header("Authorization", "Bearer " + token);
  }
}
