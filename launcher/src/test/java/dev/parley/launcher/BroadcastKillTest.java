// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.Login;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broadcast to a thousand, whose server is killed in its middle. */
@Tag("long")
class BroadcastKillTest {
  private static final int MANY = 1_000;
  private static final int AT_ONCE = 100;

  /** Every tenth has not agreed to messages. */
  private static final int REFUSED = MANY / 10;

  private static final String BROADCAST =
      "'resourceType':'CommunicationRequest','status':'active','recipient':[{'reference':'Group/all'}],'payload':[{'contentString':'Flu shots from Monday'}],'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/communication-category','code':'broadcast'}]}]";
  private static final String CONSENT =
      "'resourceType':'Consent','id':'c-%1$d','status':'active','scope':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/consentscope','code':'patient-privacy'}]},'category':[{'coding':[{'system':'https://parley.dev/fhir/CodeSystem/consent-kind','code':'secure-messaging'}]}],'patient':{'reference':'Patient/p-%1$d'},'dateTime':'2026-01-10','policyRule':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'OPTIN'}]},'sourceAttachment':{'contentType':'text/plain','data':'SSBhZ3JlZQ==','hash':'ahUaZ7dShG2hqxLo4nTLpdbsl4w='}";

  @TempDir Path data;

  @Test
  void each_of_a_thousand_has_one_private_copy_though_the_server_is_killed_twice()
      throws Exception {
    String port = String.valueOf(freePort());
    ParleyProcess parley = ParleyProcess.up(data, port);
    try {
      String base = parley.base();
      prepare(new FhirClient(base, Login.local(base, "system")));
      FhirClient nurse = new FhirClient(base, Login.local(base, "Practitioner/nurse"));
      String request =
          "CommunicationRequest/"
              + nurse.post("CommunicationRequest", json(BROADCAST)).path("id").asText();
      for (int killed = 1; killed <= 2; killed++) {
        int some = killed * MANY / 4;
        FhirClient asking = new FhirClient(base, Login.local(base, "Practitioner/nurse"));
        await()
            .atMost(Duration.ofMinutes(3))
            .until(() -> done(progress(asking, request, "&state=waiting")) >= some);
        parley.kill();
        parley = ParleyProcess.up(data, port);
        parley.base();
      }
      FhirClient again = new FhirClient(base, Login.local(base, "Practitioner/nurse"));
      int left = count(progress(again, request, "&state=waiting"), "waiting");
      assertTrue(left > 0, "it was killed in the middle");
      await()
          .atMost(Duration.ofMinutes(5))
          .until(() -> again.get(request).path("status").asText().equals("completed"));
      judge(base, again, request);
    } finally {
      parley.close();
    }
  }

  private static void judge(String base, FhirClient nurse, String request) {
    JsonNode progress = progress(nurse, request, "");
    assertEquals(MANY, count(progress, "total"));
    assertEquals(MANY - REFUSED, count(progress, "sent"));
    assertEquals(REFUSED, count(progress, "refused"));
    assertEquals(0, count(progress, "waiting"));
    for (JsonNode each : progress.path("parameter")) {
      if (each.path("name").asText().equals("recipient")) {
        Map<String, String> said = new HashMap<>();
        each.path("part")
            .forEach(
                part ->
                    said.put(
                        part.path("name").asText(),
                        part.path("valueCode")
                            .asText(part.at("/valueReference/reference").asText())));
        int number = Integer.parseInt(said.get("who").replaceAll("\\D", ""));
        boolean refused = number % 10 == 0;
        assertEquals(refused ? "consent-missing" : null, said.get("reason"), said.get("who"));
      }
    }
    FhirClient system = new FhirClient(base, Login.local(base, "system"));
    Map<String, Integer> copies = new HashMap<>();
    String query = "Communication?based-on=" + request + "&_count=250";
    for (String page = query; page != null; ) {
      JsonNode bundle = system.get(page);
      for (JsonNode entry : bundle.path("entry")) {
        JsonNode message = entry.path("resource");
        assertEquals(1, message.path("recipient").size(), "nobody hears of the others");
        String who = message.at("/recipient/0/reference").asText();
        assertEquals(who, message.at("/subject/reference").asText());
        assertEquals("in-progress", message.path("status").asText());
        copies.merge(who, 1, Integer::sum);
      }
      page = null;
      for (JsonNode link : bundle.path("link")) {
        if (link.path("relation").asText().equals("next")) {
          page = link.path("url").asText().substring(base.length() + 1);
        }
      }
    }
    assertEquals(MANY - REFUSED, copies.size());
    assertTrue(copies.values().stream().allMatch(n -> n == 1), copies::toString);
    // And as some of them meet it.
    for (int number : new int[] {1, MANY / 2 - 1, MANY - 1}) {
      FhirClient patient = new FhirClient(base, Login.local(base, "Patient/p-" + number));
      assertEquals(
          1,
          patient
              .get("Communication?based-on=" + request + "&_total=accurate")
              .path("total")
              .asInt());
    }
  }

  private static void prepare(FhirClient system) {
    system.post("", bundle(List.of("'resourceType':'Practitioner','id':'nurse','active':true")));
    for (int from = 0; from < MANY; from += AT_ONCE) {
      system.post(
          "",
          bundle(
              IntStream.range(from, from + AT_ONCE)
                  .mapToObj(
                      i ->
                          "'resourceType':'Patient','id':'p-%d','active':true,'generalPractitioner':[{'reference':'Practitioner/nurse'}]"
                              .formatted(i))
                  .toList()));
      system.post(
          "",
          bundle(
              IntStream.range(from, from + AT_ONCE)
                  .filter(i -> i % 10 != 0)
                  .mapToObj(CONSENT::formatted)
                  .toList()));
    }
    String members =
        IntStream.range(0, MANY)
            .mapToObj(i -> "{'entity':{'reference':'Patient/p-" + i + "'}}")
            .collect(Collectors.joining(","));
    system.post(
        "",
        bundle(
            List.of(
                "'resourceType':'Group','id':'all','type':'person','actual':true,'active':true,'member':["
                    + members
                    + "]")));
  }

  private static String bundle(List<String> resources) {
    return json(
        "'resourceType':'Bundle','type':'transaction','entry':["
            + resources.stream()
                .map(
                    r ->
                        "{'resource':{%s},'request':{'method':'PUT','url':'%s'}}"
                            .formatted(
                                r,
                                r.replaceAll(
                                    "(?s)'resourceType':'(\\w+)','id':'([^']+)'.*", "$1/$2")))
                .collect(Collectors.joining(","))
            + "]");
  }

  private static String json(String inQuotes) {
    return (inQuotes.startsWith("{") ? inQuotes : "{" + inQuotes + "}").replace('\'', '"');
  }

  private static JsonNode progress(FhirClient client, String request, String more) {
    return client.get(request + "/$progress" + more.replaceFirst("^&", "?"));
  }

  private static int done(JsonNode progress) {
    return count(progress, "sent") + count(progress, "refused");
  }

  private static int count(JsonNode progress, String name) {
    for (JsonNode each : progress.path("parameter")) {
      if (each.path("name").asText().equals(name)) {
        return each.path("valueInteger").asInt();
      }
    }
    throw new AssertionError(progress.toString());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
