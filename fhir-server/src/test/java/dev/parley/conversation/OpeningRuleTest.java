// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A message that names no thread. */
class OpeningRuleTest {
  private static final String TO_B = "\"recipient\":[{\"reference\":\"Practitioner/dr-b\"}]";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    for (String who : List.of("dr-a", "dr-b", "dr-c")) {
      stored(
          "Practitioner/" + who,
          "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}".formatted(who));
    }
    stored(
        "Patient/anna",
        "{\"resourceType\":\"Patient\",\"id\":\"anna\",\"generalPractitioner\":[{\"reference\":\"Practitioner/dr-a\"}]}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void stored(String reference, String body) {
    TestServer.Reply reply = server.asSystem().put(reference, body);
    assertTrue(reply.status() < 300, reply.body());
  }

  private static TestServer as(String who) {
    return server.asUser("Practitioner/" + who);
  }

  private static TestServer messenger() {
    return server.as(server.issuer().system("messaging system/*.cruds"));
  }

  private static String message(String more) {
    return """
        {"resourceType":"Communication","status":"in-progress","payload":[{"contentString":"hello"}],%s}"""
        .formatted(more);
  }

  private static String part(TestServer.Reply message) {
    assertEquals(201, message.status(), message.body());
    return message.json().at("/partOf/0/reference").asText();
  }

  private static int threads(String query) {
    return server
        .asSystem()
        .get("Communication?part-of:missing=true&_summary=count&" + query)
        .json()
        .path("total")
        .asInt();
  }

  @Test
  void an_EHR_can_just_post_a_communication() {
    String about =
        TO_B
            + """
            ,"subject":{"reference":"Patient/anna"},"topic":{"text":"Potassium"},"priority":"urgent",
             "meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},
             "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/audience","code":"staff-only"}]}]""";
    for (TestServer who : List.of(as("dr-a"), messenger())) {
      String sender = ",\"sender\":{\"reference\":\"Practitioner/dr-a\"}";
      TestServer.Reply sent = who.post("Communication", message(about + sender));
      JsonNode header = as("dr-b").get(part(sent)).json();
      assertEquals("in-progress", header.path("status").asText(), header.toString());
      assertEquals("Practitioner/dr-a", header.at("/sender/reference").asText());
      assertEquals("Practitioner/dr-a", header.at("/recipient/0/reference").asText());
      assertEquals("Practitioner/dr-b", header.at("/recipient/1/reference").asText());
      assertEquals("Patient/anna", header.at("/subject/reference").asText());
      assertEquals("Potassium", header.at("/topic/text").asText());
      assertEquals("urgent", header.path("priority").asText());
      assertEquals("staff-only", header.at("/category/0/coding/0/code").asText());
      assertEquals("R", header.at("/meta/security/0/code").asText());
      assertFalse(header.has("payload") || header.has("partOf"));
      assertTrue(sent.body().contains("message-number"), sent.body());
      // The other answers there, and nobody else.
      String reply = message("\"partOf\":[{\"reference\":\"%s\"}]".formatted(part(sent)));
      assertEquals(201, as("dr-b").post("Communication", reply).status());
      assertEquals("unknown-reference", as("dr-c").post("Communication", reply).reason());
    }
  }

  @Test
  void a_thread_is_about_the_one_patient_who_takes_part_unless_it_says() {
    stored("Patient/bert", "{\"resourceType\":\"Patient\",\"id\":\"bert\"}");
    stored(
        "RelatedPerson/mum",
        "{\"resourceType\":\"RelatedPerson\",\"id\":\"mum\",\"patient\":{\"reference\":\"Patient/anna\"}}");
    assertEquals("Patient/anna", about("", "Patient/anna"));
    assertEquals("Patient/anna", about("", "RelatedPerson/mum"));
    assertEquals("Patient/anna", about("", "Patient/anna", "RelatedPerson/mum"));
    assertEquals(
        "", about("", "Patient/anna", "Patient/bert"), "of two it is for who writes to say");
    assertEquals("", about("", "Practitioner/dr-b"));
    assertEquals(
        "Patient/bert", about(",\"subject\":{\"reference\":\"Patient/bert\"}", "Patient/anna"));
  }

  private static String about(String more, String... people) {
    String to =
        String.join(",", Stream.of(people).map(p -> "{\"reference\":\"" + p + "\"}").toList());
    TestServer.Reply header =
        messenger()
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"in-progress\",\"sender\":{\"reference\":\"Practitioner/dr-a\"},\"recipient\":[%s]%s}"
                    .formatted(to, more));
    assertEquals(201, header.status(), header.body());
    return header.json().at("/subject/reference").asText();
  }

  @Test
  void a_wish_in_the_wrong_form_is_refused_and_not_left_out() {
    String extension =
        ",\"extension\":[{\"url\":\"https://parley.dev/fhir/StructureDefinition/%s\",%s}]";
    TestServer me = as("dr-a");
    for (String flag : List.of("acknowledge", "undo")) {
      String text = TO_B + extension.formatted(flag, "\"valueString\":\"true\"");
      assertEquals("extension-flag", me.post("Communication", message(text)).reason());
    }
    String later =
        TO_B + extension.formatted("send-at", "\"valueDateTime\":\"2199-01-01T08:00:00Z\"");
    assertEquals("send-at", me.post("Communication", message(later)).reason());
    String blank = message(TO_B).replace("hello", "   ");
    assertEquals("no-text", me.post("Communication", blank).reason());
    String thread = part(me.post("Communication", message(TO_B)));
    String in = "\"partOf\":[{\"reference\":\"%s\"}]".formatted(thread);
    assertEquals("no-text", me.post("Communication", message(in).replace("hello", "   ")).reason());
    assertEquals(201, me.post("Communication", message(in)).status());
    for (String who : List.of("\"reference\":\"dr-b\"", "\"display\":\"Dr. B\"")) {
      String to = "\"recipient\":[{%s}]".formatted(who);
      assertEquals("recipient-reference", me.post("Communication", message(to)).reason());
    }
  }

  @Test
  void what_keeps_records_or_is_not_sent_opens_nothing() {
    TestServer.Reply kept =
        server.asSystem().post("Communication", message(TO_B + ",\"topic\":{\"text\":\"kept\"}"));
    assertFalse(kept.json().has("partOf"), kept.body());
    String draft =
        message(TO_B + ",\"topic\":{\"text\":\"kept\"}").replace("in-progress", "preparation");
    assertFalse(as("dr-a").post("Communication", draft).json().has("partOf"));
    // Themselves, and no headers.
    assertEquals(2, threads("topic:text=kept"));
  }

  @Test
  void a_draft_gets_its_thread_when_it_is_sent() {
    for (String way : List.of("PUT", "PATCH")) {
      TestServer.Reply draft =
          as("dr-a").post("Communication", message(TO_B).replace("in-progress", "preparation"));
      String path = "Communication/" + draft.id();
      TestServer.Reply sent =
          way.equals("PUT")
              ? as("dr-a").put(path, draft.body().replace("preparation", "in-progress"))
              : as("dr-a")
                  .send(
                      "PATCH",
                      path,
                      "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"in-progress\"}]",
                      "Content-Type",
                      "application/json-patch+json");
      assertEquals(200, sent.status(), sent.body());
      String thread = sent.json().at("/partOf/0/reference").asText();
      assertEquals(200, as("dr-b").get(thread).status(), sent.body());
      assertEquals(200, as("dr-b").get(path).status());
      assertEquals(404, as("dr-c").get(path).status());
    }
  }

  @Test
  void an_answer_goes_where_what_it_answers_is() {
    TestServer.Reply first = as("dr-a").post("Communication", message(TO_B));
    String answer =
        message("\"inResponseTo\":[{\"reference\":\"Communication/%s\"}]".formatted(first.id()));
    TestServer.Reply second = as("dr-b").post("Communication", answer);
    assertEquals(part(first), part(second));
    assertEquals("Practitioner/dr-a", second.json().at("/recipient/0/reference").asText());
    // Whoever cannot see it is told nothing of it.
    assertEquals("unknown-reference", as("dr-c").post("Communication", answer).reason());
  }

  @Test
  void a_message_to_nobody_is_refused_with_what_is_missing() {
    String lonely = message("\"topic\":{\"text\":\"lonely\"}");
    assertEquals("no-recipient", as("dr-a").post("Communication", lonely).reason());
    assertEquals("no-recipient", messenger().post("Communication", lonely).reason());
    String nowhere = message("\"partOf\":[{\"reference\":\"Patient/anna\"}]");
    assertEquals("no-thread", messenger().post("Communication", nowhere).reason());
    TestServer.Reply refused =
        as("dr-a")
            .post(
                "Communication",
                message(
                    "\"recipient\":[{\"reference\":\"Practitioner/nobody\"}],\"topic\":{\"text\":\"lonely\"}"));
    assertEquals("unknown-reference", refused.reason(), refused.body());
    assertEquals(0, threads("topic:text=lonely"));
  }

  @Test
  void a_resend_by_condition_makes_no_second_thread() {
    String once =
        message(
            TO_B
                + ",\"topic\":{\"text\":\"once\"},\"identifier\":[{\"system\":\"urn:x\",\"value\":\"1\"}]");
    String condition = "identifier=urn:x|1";
    TestServer.Reply first = as("dr-a").post("Communication", once, "If-None-Exist", condition);
    TestServer.Reply again = as("dr-a").post("Communication", once, "If-None-Exist", condition);
    assertEquals(201, first.status(), first.body());
    assertEquals(200, again.status(), again.body());
    assertEquals(first.body(), again.body());
    assertEquals(1, threads("topic:text=once"));
  }

  @Test
  void the_client_s_own_id_is_enough_for_a_resend_even_at_the_same_instant() throws Exception {
    String named =
        message(
            TO_B
                + ",\"topic\":{\"text\":\"named\"},\"identifier\":[{\"system\":\"https://parley.dev/fhir/client-message-id\",\"value\":\"a, b|c$ 1&2\"}]");
    ExecutorService devices = Executors.newFixedThreadPool(4);
    List<Callable<TestServer.Reply>> sends = new ArrayList<>();
    TestServer me = as("dr-a");
    for (int i = 0; i < 4; i++) {
      sends.add(() -> me.post("Communication", named));
    }
    Set<String> bodies = new TreeSet<>();
    int created = 0;
    for (Future<TestServer.Reply> each : devices.invokeAll(sends)) {
      TestServer.Reply reply = each.get();
      assertTrue(reply.status() == 200 || reply.status() == 201, reply.body());
      created += reply.status() == 201 ? 1 : 0;
      bodies.add(reply.body());
    }
    devices.shutdown();
    assertEquals(1, created);
    assertEquals(1, bodies.size(), bodies.toString());
    assertEquals(1, threads("topic:text=named"));
    // The same from somebody else is theirs.
    TestServer.Reply other = as("dr-c").post("Communication", named);
    assertEquals(201, other.status(), other.body());
  }

  @Test
  void nothing_is_sent_by_a_condition_so_that_each_message_has_its_thread_and_number() {
    String named = TO_B + ",\"identifier\":[{\"system\":\"a\",\"value\":\"1\"}]";
    TestServer.Reply refused = as("dr-a").put("Communication?identifier=a%7C1", message(named));
    assertEquals(422, refused.status(), refused.body());
    assertEquals("conditional-send", refused.reason());
    TestServer.Reply draft =
        as("dr-a")
            .put(
                "Communication?identifier=a%7C1",
                message(named).replace("in-progress", "preparation"));
    assertEquals(201, draft.status(), draft.body());
    String send = "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"in-progress\"}]";
    String[] patch = {"Content-Type", "application/json-patch+json"};
    assertEquals(
        "conditional-send",
        as("dr-a").send("PATCH", "Communication?identifier=a%7C1", send, patch).reason());
    TestServer.Reply sent = as("dr-a").send("PATCH", "Communication/" + draft.id(), send, patch);
    assertTrue(sent.body().contains("message-number"), sent.body());
  }
}
