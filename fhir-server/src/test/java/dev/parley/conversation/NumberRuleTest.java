// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.FhirContext;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.FhirServer;
import dev.parley.TestServer;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Step;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.hl7.fhir.r4.model.Communication;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NumberRuleTest {
  private static final String NUMBER = "https://parley.dev/fhir/StructureDefinition/message-number";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final FhirContext FHIR = FhirContext.forR4Cached();
  private static TestServer server;
  private static int threads;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    for (String who : List.of("dr-a", "dr-b")) {
      stored(
          "Practitioner/" + who,
          "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}".formatted(who));
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void stored(String reference, String body) {
    TestServer.Reply reply = server.asSystem().put(reference, body);
    assertTrue(reply.status() < 300, reply.body());
  }

  /** A thread among staff of its own. */
  private static String thread() {
    String id = "t" + threads++;
    stored(
        "Communication/" + id,
        """
        {"resourceType":"Communication","id":"%s","status":"in-progress",
         "sender":{"reference":"Practitioner/dr-a"},
         "recipient":[{"reference":"Practitioner/dr-a"},{"reference":"Practitioner/dr-b"}]}"""
            .formatted(id));
    return id;
  }

  private static String message(String thread, String status, String more) {
    return """
        {"resourceType":"Communication","status":"%s","partOf":[{"reference":"Communication/%s"}],
         "payload":[{"contentString":"hello"}]%s}"""
        .formatted(status, thread, more);
  }

  private static TestServer as(String who) {
    return server.asUser("Practitioner/" + who);
  }

  private static TestServer messenger() {
    return server.as(server.issuer().system("messaging system/*.cruds"));
  }

  private static TestServer.Reply sent(TestServer who, String thread) {
    TestServer.Reply reply = who.post("Communication", message(thread, "in-progress", ""));
    assertEquals(201, reply.status(), reply.body());
    return reply;
  }

  private static int number(JsonNode message) {
    for (JsonNode extension : message.path("extension")) {
      if (extension.path("url").asText().equals(NUMBER)) {
        return extension.path("valuePositiveInt").asInt();
      }
    }
    return 0;
  }

  @Test
  void messages_of_people_and_of_systems_that_send_are_numbered_in_one_row() {
    String thread = thread();
    assertEquals(1, number(sent(as("dr-a"), thread).json()));
    TestServer.Reply second =
        messenger()
            .post(
                "Communication",
                message(thread, "completed", ",\"sender\":{\"reference\":\"Practitioner/dr-b\"}"));
    assertEquals(2, number(second.json()), second.body());
    TestServer.Reply third = sent(as("dr-b"), thread);
    assertEquals(3, number(third.json()));
    assertEquals(1, number(sent(as("dr-b"), thread()).json()));
    assertEquals(3, number(as("dr-a").get("Communication/" + third.id()).json()));
  }

  @Test
  void a_draft_has_no_number_until_it_is_sent() {
    String thread = thread();
    for (String unsent : List.of("preparation", "on-hold")) {
      TestServer.Reply draft = as("dr-a").post("Communication", message(thread, unsent, ""));
      assertEquals(201, draft.status(), draft.body());
      assertEquals(0, number(draft.json()));
      int next = number(sent(as("dr-b"), thread).json());
      TestServer.Reply sent =
          as("dr-a")
              .put("Communication/" + draft.id(), draft.body().replace(unsent, "in-progress"));
      assertEquals(next + 1, number(sent.json()), sent.body());
    }
  }

  @Test
  void receipts_recalls_and_what_a_record_keeper_writes_leave_the_number() {
    String thread = thread();
    TestServer.Reply sent = sent(as("dr-a"), thread);
    String path = "Communication/" + sent.id();
    // Without the number, and in the words of a client that knows nothing of it.
    String receipt =
        sent.body()
            .replaceFirst("\"extension\":\\[\\{.*?}],", "")
            .replace("\"in-progress\"", "\"completed\"")
            .replace("\"sent\"", "\"received\":\"2026-01-01T00:00:00Z\",\"sent\"");
    assertFalse(receipt.contains("message-number"));
    assertEquals(1, number(as("dr-b").put(path, receipt).json()));
    TestServer.Reply kept = server.asSystem().put(path, receipt);
    assertEquals(200, kept.status(), kept.body());
    assertEquals(1, number(kept.json()));
    TestServer.Reply patched =
        messenger()
            .send(
                "PATCH",
                path,
                "[{\"op\":\"replace\",\"path\":\"/extension/0/valuePositiveInt\",\"value\":9}]",
                "Content-Type",
                "application/json-patch+json");
    assertEquals(1, number(patched.json()), patched.body());
    TestServer.Reply recalled =
        as("dr-a").put(path, receipt.replace("\"completed\"", "\"entered-in-error\""));
    assertEquals(200, recalled.status(), recalled.body());
    assertEquals(1, number(recalled.json()));
    assertEquals(2, number(sent(as("dr-b"), thread).json()));
  }

  @Test
  void nobody_who_sends_says_the_number_themselves() {
    String thread = thread();
    String forged = ",\"extension\":[{\"url\":\"%s\",\"valuePositiveInt\":77}]".formatted(NUMBER);
    for (TestServer who : List.of(as("dr-a"), messenger())) {
      TestServer.Reply draft =
          who.post(
              "Communication",
              message(
                  thread,
                  "preparation",
                  forged + ",\"sender\":{\"reference\":\"Practitioner/dr-a\"}"));
      assertEquals(0, number(draft.json()), draft.body());
    }
    TestServer.Reply sent =
        as("dr-a").post("Communication", message(thread, "in-progress", forged));
    assertEquals(1, number(sent.json()));
    assertEquals(1, sent.json().path("extension").size());
  }

  @Test
  void the_server_gives_the_time_of_people_s_messages_and_keeps_the_client_s() {
    String said = "2001-02-03T04:05:06+07:00";
    TestServer.Reply sent =
        as("dr-a").post("Communication", message(thread(), "completed", sentAt(said)));
    assertTrue(sent.json().path("sent").asText().compareTo("2026") > 0, sent.body());
    assertEquals("in-progress", sent.json().path("status").asText());
    assertEquals(said, clientSent(sent.json()));
    TestServer.Reply draft =
        as("dr-a").post("Communication", message(thread(), "preparation", sentAt(said)));
    TestServer.Reply later =
        as("dr-a")
            .put("Communication/" + draft.id(), draft.body().replace("preparation", "completed"));
    assertEquals("in-progress", later.json().path("status").asText(), later.body());
  }

  @Test
  void a_system_that_sends_says_when_and_that_it_has_come_but_not_what_is_yet_to_come() {
    String thread = thread();
    String said = "2001-02-03T04:05:06+07:00";
    TestServer.Reply sent =
        messenger().post("Communication", message(thread, "completed", sentAt(said)));
    assertEquals(said, sent.json().path("sent").asText(), sent.body());
    assertEquals("completed", sent.json().path("status").asText());
    assertEquals("", clientSent(sent.json()));
    assertEquals(1, number(sent.json()));
    String future = "2101-02-03T04:05:06+07:00";
    TestServer.Reply early =
        messenger().post("Communication", message(thread, "in-progress", sentAt(future)));
    assertTrue(early.json().path("sent").asText().compareTo("2100") < 0, early.body());
    assertEquals(future, clientSent(early.json()));
    assertEquals("in-progress", early.json().path("status").asText());
  }

  private static String sentAt(String time) {
    return ",\"sent\":\"%s\"".formatted(time);
  }

  private static String clientSent(JsonNode message) {
    for (JsonNode each : message.path("extension")) {
      if (each.path("url").asText().endsWith("/client-sent")) {
        return each.path("valueDateTime").asText();
      }
    }
    return "";
  }

  @Test
  void what_keeps_records_is_stored_as_it_came() {
    String thread = thread();
    String old =
        ",\"sent\":\"2001-02-03T04:05:06+07:00\",\"recipient\":[{\"reference\":\"Practitioner/dr-b\"}]";
    TestServer.Reply posted =
        server.asSystem().post("Communication", message(thread, "completed", old));
    TestServer.Reply put =
        messenger()
            .put(
                "Communication/kept",
                message(thread, "completed", old)
                    .replace("{\"resourceType", "{\"id\":\"kept\",\"resourceType"));
    for (TestServer.Reply each : List.of(posted, put)) {
      assertEquals(201, each.status(), each.body());
      assertFalse(each.json().has("extension"));
      assertEquals("2001-02-03T04:05:06+07:00", each.json().path("sent").asText());
    }
    // A receipt is no sending.
    TestServer.Reply receipt =
        as("dr-b").put("Communication/kept", put.body().replace("\"sent\"", "\"received\""));
    assertEquals(200, receipt.status(), receipt.body());
    assertEquals(0, number(receipt.json()));
    assertEquals(1, number(sent(as("dr-a"), thread).json()));
  }

  @Test
  void a_refused_message_leaves_no_gap() {
    String thread = thread();
    sent(as("dr-a"), thread);
    String bundle =
        """
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"request":{"method":"POST","url":"Communication"},"resource":%s},
          {"request":{"method":"POST","url":"Communication"},"resource":%s}]}""";
    String outside = ",\"recipient\":[{\"reference\":\"Practitioner/nobody\"}]";
    TestServer.Reply refused =
        as("dr-a")
            .post(
                "",
                bundle.formatted(
                    message(thread, "in-progress", ""), message(thread, "in-progress", outside)));
    assertTrue(refused.status() >= 400, refused.body());
    assertEquals(2, number(sent(as("dr-a"), thread).json()));
  }

  @Test
  void a_thread_and_its_first_messages_come_in_one_transaction() {
    String bundle =
        """
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"fullUrl":"urn:uuid:7f2f4ec3-4f0c-4b8b-9d1a-0d2a6a3f8e01",
           "request":{"method":"POST","url":"Communication"},
           "resource":{"resourceType":"Communication","status":"in-progress",
             "recipient":[{"reference":"Practitioner/dr-a"},{"reference":"Practitioner/dr-b"}]}},
          {"request":{"method":"POST","url":"Communication"},"resource":%1$s},
          {"request":{"method":"POST","url":"Communication"},"resource":%1$s}]}"""
            .formatted(
                message("x", "in-progress", "")
                    .replace("Communication/x", "urn:uuid:7f2f4ec3-4f0c-4b8b-9d1a-0d2a6a3f8e01"));
    TestServer.Reply made = as("dr-a").post("", bundle, "Prefer", "return=representation");
    assertEquals(200, made.status(), made.body());
    assertEquals(1, number(made.json().at("/entry/1/resource")), made.body());
    assertEquals(2, number(made.json().at("/entry/2/resource")));
    assertNotEquals(
        made.json().at("/entry/1/resource/sent").asText(),
        made.json().at("/entry/2/resource/sent").asText());
  }

  @Test
  void fifty_who_write_at_once_through_two_servers_get_each_number_once() throws Exception {
    String thread = thread();
    // The other server's clock is half a minute late.
    Clock late = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(-30));
    try (FhirServer other = FhirServer.start(server.config(), late);
        Connection connection = other.wiring().database().connection()) {
      TestServer one = as("dr-b");
      CallerStore two =
          other
              .wiring()
              .store()
              .as(
                  Caller.person(
                      "Practitioner/dr-b", "test", Scopes.parse("user/Communication.cruds")));
      String text = message(thread, "in-progress", "");
      ExecutorService people = Executors.newFixedThreadPool(50);
      List<Callable<Integer>> writes = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        writes.add(() -> post(one, text));
        writes.add(() -> write(two, text));
      }
      List<Integer> numbers = new ArrayList<>();
      for (Future<Integer> each : people.invokeAll(writes)) {
        numbers.add(each.get());
      }
      people.shutdown();
      assertEquals(
          IntStream.rangeClosed(1, 100).boxed().toList(), numbers.stream().sorted().toList());
      // By the log, by the time and by the number: one order.
      String order =
          """
          select count(*) from (
            select m.number, row_number() over (order by e.xid, e.seq) logged,
                   row_number() over (order by r.at) dated, lag(r.at) over (order by m.number) before, r.at
            from thread_message m join event e on e.self = m.self join resource r on r.self = m.self
            where m.thread = %d) all_three
          where number <> logged or number <> dated or before >= at"""
              .formatted(Keys.self("Communication", thread));
      assertEquals(0, count(connection, order));
    }
  }

  /** A busy server says so; nothing was written then. */
  private static int post(TestServer as, String text) {
    TestServer.Reply reply = as.post("Communication", text);
    return reply.status() == 503 ? post(as, text) : number(reply.json());
  }

  private static int write(CallerStore store, String text) throws JsonProcessingException {
    Communication message = FHIR.newJsonParser().parseResource(Communication.class, text);
    try {
      Step create = Step.create(Draft.ofJson(message, text), null);
      return number(JSON.readTree(store.write(create).resource().text()));
    } catch (Refusal e) {
      assertEquals(503, e.status(), e.reason());
      return write(store, text);
    }
  }

  private static long count(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
