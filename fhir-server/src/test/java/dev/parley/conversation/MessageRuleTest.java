// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Among staff, so that nothing but these rules decides. */
class MessageRuleTest {
  private static final String THREAD =
      """
      {"resourceType":"Communication","id":"%s","status":"%s","sender":{"reference":"Practitioner/dr-a"},
       "subject":{"reference":"Patient/anna"},
       "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/audience","code":"staff-only"}]}],
       "recipient":[{"reference":"Practitioner/dr-a"},{"reference":"Practitioner/dr-b"}]}""";
  private static final TestClock CLOCK = new TestClock();
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin(Map.of(), CLOCK);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void thread() {
    server.empty();
    for (String who : List.of("dr-a", "dr-b", "gp")) {
      system(
          "Practitioner/" + who,
          "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}".formatted(who));
    }
    system(
        "Patient/anna",
        "{\"resourceType\":\"Patient\",\"id\":\"anna\",\"generalPractitioner\":[{\"reference\":\"Practitioner/gp\"}]}");
    system("Communication/t", THREAD.formatted("t", "in-progress"));
  }

  private static void system(String reference, String body) {
    TestServer.Reply reply = server.asSystem().put(reference, body);
    assertTrue(reply.status() < 300, reply.body());
  }

  private static TestServer as(String who) {
    return server.asUser("Practitioner/" + who);
  }

  @Test
  void what_only_the_server_writes_is_taken_off_what_people_and_messaging_systems_send() {
    TestServer sender =
        server.as(
            server
                .issuer()
                .sign(
                    server
                        .issuer()
                        .claims(
                            "system/*.cruds messaging",
                            Map.of(
                                "sub",
                                "s",
                                "client_id",
                                "s",
                                "iat",
                                CLOCK.instant(),
                                "exp",
                                CLOCK.instant().plusSeconds(600)))));
    StringBuilder forged = new StringBuilder(",\"extension\":[");
    for (String each :
        List.of(
            "edited",
            "recalled",
            "forwarded-from",
            "held",
            "scheduled-by",
            "reaction",
            "moved-by",
            "not-sent",
            "member")) {
      forged
          .append(forged.charAt(forged.length() - 1) == '[' ? "" : ",")
          .append(
              "{\"url\":\"https://parley.dev/fhir/StructureDefinition/%s\",\"valueReference\":{\"reference\":\"Practitioner/dr-b\"}}"
                  .formatted(each));
    }
    forged.append(
        "],\"identifier\":[{\"system\":\"https://parley.dev/fhir/held-for\",\"value\":\"Patient/anna\"},{\"system\":\"https://parley.dev/fhir/refused\",\"value\":\"x\"}]");
    for (TestServer each : List.of(as("dr-a"), sender)) {
      TestServer.Reply sent =
          each.post(
              "Communication",
              message(
                  forged
                      + ",\"sender\":{\"reference\":\"Practitioner/dr-a\"},\"recipient\":[{\"reference\":\"Practitioner/dr-b\"}]"));
      assertEquals(201, sent.status(), sent.body());
      String stored = server.asSystem().get("Communication/" + sent.id()).body();
      assertFalse(
          stored.matches(
              "(?s).*(StructureDefinition/(edited|recalled|forwarded-from|held|scheduled-by|reaction|moved-by|not-sent|member)|held-for|refused).*"),
          stored);
    }
    TestServer.Reply machine =
        as("dr-a")
            .post(
                "Communication",
                message(
                    ",\"category\":[{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/automatic\",\"code\":\"out-of-hours\"}]}],\"extension\":[{\"url\":\"https://parley.dev/fhir/StructureDefinition/automatic\",\"valueBoolean\":true}]"));
    assertEquals(201, machine.status(), machine.body());
    assertFalse(machine.body().contains("automatic"), machine.body());
  }

  private static String message(String more) {
    return "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"partOf\":[{\"reference\":\"Communication/t\"}],\"payload\":[{\"contentString\":\"hello\"}]"
        + more
        + "}";
  }

  @Test
  void what_the_message_does_not_say_is_taken_from_who_sends_it_and_from_its_thread() {
    TestServer.Reply sent =
        as("dr-a").post("Communication", message(",\"sent\":\"2001-01-01T00:00:00Z\""));
    assertEquals(201, sent.status(), sent.body());
    assertEquals("Practitioner/dr-a", sent.json().at("/sender/reference").asText());
    assertEquals("Practitioner/dr-b", sent.json().at("/recipient/0/reference").asText());
    assertEquals(1, sent.json().at("/recipient").size());
    assertEquals("Patient/anna", sent.json().at("/subject/reference").asText());
    assertTrue(sent.json().path("sent").asText().compareTo("2026") > 0);
    assertEquals(200, as("dr-b").get("Communication/" + sent.id()).status());
  }

  @Test
  void nobody_sends_as_somebody_else() {
    String other = ",\"sender\":{\"reference\":\"Practitioner/dr-b\"}";
    TestServer.Reply refused = as("dr-a").post("Communication", message(other));
    assertEquals(403, refused.status());
    assertEquals("not-the-sender", refused.reason());
    system(
        "PractitionerRole/r",
        "{\"resourceType\":\"PractitionerRole\",\"id\":\"r\",\"practitioner\":{\"reference\":\"Practitioner/dr-a\"}}");
    String role = ",\"sender\":{\"reference\":\"PractitionerRole/r\"}";
    assertEquals(201, as("dr-a").post("Communication", message(role)).status());
    assertEquals(403, as("dr-b").post("Communication", message(role)).status());
  }

  @Test
  void who_only_reads_a_thread_neither_writes_into_it_nor_joins_it() {
    assertEquals(200, as("gp").get("Communication/t").status());
    assertEquals("not-a-participant", as("gp").post("Communication", message("")).reason());
    String joined =
        THREAD.formatted("t", "in-progress").replace("Practitioner/dr-b", "Practitioner/gp");
    assertEquals(403, as("gp").put("Communication/t", joined).status());
    assertEquals(200, as("dr-b").put("Communication/t", joined).status());
    assertEquals(201, as("gp").post("Communication", message("")).status());
    assertEquals(404, as("dr-b").get("Communication/t").status());
  }

  @Test
  void a_message_stays_within_its_thread() {
    String outside = ",\"recipient\":[{\"reference\":\"Practitioner/gp\"}]";
    assertEquals("not-in-thread", as("dr-a").post("Communication", message(outside)).reason());
    system(
        "Patient/bert",
        "{\"resourceType\":\"Patient\",\"id\":\"bert\",\"generalPractitioner\":[{\"reference\":\"Practitioner/dr-a\"}]}");
    String other = ",\"subject\":{\"reference\":\"Patient/bert\"}";
    assertEquals("other-patient", as("dr-a").post("Communication", message(other)).reason());
    system("Communication/t", THREAD.formatted("t", "completed"));
    assertEquals("thread-closed", as("dr-a").post("Communication", message("")).reason());
  }

  @Test
  void a_sent_message_changes_by_receipt_and_recall_only() {
    TestServer.Reply sent = as("dr-a").post("Communication", message(""));
    String path = "Communication/" + sent.id();
    // An edit would be in time before (EditTest).
    CLOCK.forward(Duration.ofMinutes(16));
    String forged = sent.body().replace("hello", "something else");
    assertEquals("sent-is-final", as("dr-a").put(path, forged).reason());
    assertEquals("sent-is-final", as("dr-b").put(path, forged).reason());
    assertEquals("recall-instead", as("dr-a").delete(path).reason());
    assertEquals(405, as("dr-a").delete(path).status());
    // The way Medplum's client says "read"; what else it says is not taken.
    String receipt =
        forged.replace(
            "\"status\":\"in-progress\"",
            "\"status\":\"completed\",\"received\":\"2020-01-01T00:00:00Z\"");
    TestServer.Reply received = as("dr-b").put(path, receipt);
    assertEquals(200, received.status(), received.body());
    assertEquals("completed", received.json().path("status").asText());
    assertTrue(received.json().has("received"));
    assertTrue(received.body().contains("hello"));
    assertFalse(received.body().contains("something else"));
    String recall = received.body().replace("\"completed\"", "\"entered-in-error\"");
    assertEquals("sent-is-final", as("dr-b").put(path, recall).reason());
    TestServer.Reply recalled = as("dr-a").put(path, recall);
    assertEquals(200, recalled.status(), recalled.body());
    assertEquals("recalled", as("dr-b").put(path, receipt).reason());
  }

  @Test
  void a_patch_is_held_to_the_same() {
    TestServer.Reply sent = as("dr-a").post("Communication", message(""));
    CLOCK.forward(Duration.ofMinutes(16));
    String patch =
        "[{\"op\":\"replace\",\"path\":\"/payload/0/contentString\",\"value\":\"something else\"}]";
    TestServer.Reply refused =
        as("dr-a")
            .send(
                "PATCH",
                "Communication/" + sent.id(),
                patch,
                "Content-Type",
                "application/json-patch+json");
    assertEquals("sent-is-final", refused.reason());
  }

  @Test
  void a_draft_is_its_author_s_until_it_is_sent() {
    TestServer.Reply draft =
        as("dr-a").post("Communication", message("").replace("in-progress", "preparation"));
    String path = "Communication/" + draft.id();
    assertFalse(draft.json().has("sent"));
    assertEquals(404, as("dr-b").get(path).status());
    assertEquals(404, as("gp").get(path).status());
    String better = draft.body().replace("hello", "hello there");
    assertEquals(200, as("dr-a").put(path, better).status());
    TestServer.Reply sent =
        as("dr-a").put(path, better.replace("\"preparation\"", "\"in-progress\""));
    assertEquals(200, sent.status(), sent.body());
    assertTrue(sent.json().has("sent"));
    assertTrue(as("dr-b").get(path).body().contains("hello there"));
    TestServer.Reply second =
        as("dr-a").post("Communication", message("").replace("in-progress", "preparation"));
    assertEquals(204, as("dr-a").delete("Communication/" + second.id()).status());
  }

  @Test
  void what_the_server_decides_is_not_the_writer_s_to_say() {
    for (String status : List.of("not-done", "entered-in-error", "stopped", "unknown")) {
      assertEquals(
          "status-not-yours",
          as("dr-a").post("Communication", message("").replace("in-progress", status)).reason());
    }
  }
}
