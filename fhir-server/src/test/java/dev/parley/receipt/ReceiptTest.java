// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.Pushed;
import dev.parley.TestServer;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ReceiptTest {
  private static final String A = "Practitioner/a";
  private static final String B = "Practitioner/b";
  private static final String ANNA = "Patient/anna";
  private static final String PRIVATE = "{\"name\":\"private\",\"valueBoolean\":true}";
  private static TestServer server;
  private static Room room;
  private static int threads;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    room = new Room(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String thread() {
    String id = "thread-" + ++threads;
    room.thread(id, A, A, B, ANNA);
    return id;
  }

  @Test
  void who_has_read_a_message_is_said_on_that_recipient_and_makes_no_version() {
    String message = room.say(A, thread(), "hello");
    room.markRead(B, message);
    JsonNode seen = room.read(A, message);
    assertTrue(Room.has(seen, B, "read"), seen.toString());
    assertTrue(Room.has(seen, B, "delivered"));
    assertFalse(Room.has(seen, B, "acknowledged"));
    assertFalse(Room.has(seen, ANNA, "read"));
    assertEquals("1", seen.at("/meta/versionId").asText());
    assertEquals(
        1, room.as(A).get("Communication/" + message + "/_history").json().at("/total").asInt());
  }

  @Test
  void who_came_later_marks_only_what_they_see_and_is_pushed_nothing_else() {
    String thread = "Communication/" + thread();
    String old = room.say(A, thread.substring(14), "before-they-came");
    room.put("Practitioner/late", "\"active\":true");
    TestServer.Reply added =
        room.as(A)
            .post(
                thread + "/$add-participant",
                """
                {"resourceType":"Parameters","parameter":[{"name":"history","valueCode":"from-joined"},
                 {"name":"who","valueReference":{"reference":"Practitioner/late"}}]}""");
    assertEquals(200, added.status(), added.body());
    Pushed pushed = Pushed.to(room.as("Practitioner/late"), "Communication?part-of=" + thread);
    String recent = room.say(A, thread.substring(14), "after-they-came");
    JsonNode marked = room.markRead("Practitioner/late", thread.substring(14));
    assertEquals(1, Room.number(marked, "marked"));
    assertEquals(0, Room.number(marked, "all"));
    assertFalse(Room.has(room.read(A, old), "Practitioner/late", "read"));
    assertTrue(Room.has(room.read(A, recent), "Practitioner/late", "read"));
    // One more comes after everything that marking could have told.
    room.say(B, thread.substring(14), "the-last");
    await().until(() -> pushed.has("the-last"));
    assertTrue(pushed.has("after-they-came"));
    assertFalse(pushed.has("before-they-came"));
    assertEquals(1, room.unread("Practitioner/late"));
  }

  @Test
  void who_has_gone_is_not_told_that_their_message_was_read() {
    String thread = thread();
    String theirs = room.say(B, thread, "written-before-going");
    Pushed gone = Pushed.to(room.as(B), "Communication?recipient=Practitioner/a");
    room.put(
        "Communication/" + thread,
        """
        "status":"in-progress","sender":{"reference":"Practitioner/a"},"subject":{"reference":"Patient/anna"},
        "recipient":[{"reference":"Practitioner/a"},{"reference":"Patient/anna"}]""");
    room.markRead(A, theirs);
    String other = thread();
    room.say(ANNA, other, "the-last");
    await().until(() -> gone.has("the-last"));
    assertFalse(gone.has("written-before-going"));
  }

  @Test
  void a_proxy_neither_counts_nor_marks_nor_is_pushed_what_is_restricted() {
    String mother = "RelatedPerson/mother";
    String thread = "proxied-" + ++threads;
    room.thread(thread, A, A, ANNA, mother);
    int unread = room.unread(mother);
    Pushed pushed = Pushed.to(room.as(mother), "Communication?part-of=Communication/" + thread);
    TestServer.Reply restricted =
        room.as(A)
            .post(
                "Communication",
                """
                {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/%s"}],
                 "meta":{"security":[{"code":"R"}]},"payload":[{"contentString":"between-us"}]}"""
                    .formatted(thread));
    assertEquals(201, restricted.status(), restricted.body());
    assertEquals(unread, room.unread(mother));
    assertFalse(room.as(mother).get("Communication/$inbox").body().contains(restricted.id()));
    room.say(A, thread, "for-all");
    assertEquals(unread + 1, room.unread(mother));
    assertEquals(1, Room.number(room.markRead(mother, thread), "marked"));
    assertEquals(2, Room.number(room.markRead(ANNA, thread), "marked"));
    assertFalse(Room.has(room.read(A, restricted.id()), mother, "read"));
    await().until(() -> pushed.has("for-all"));
    assertFalse(pushed.has("between-us"));
    assertTrue(room.as(ANNA).get("Communication/" + restricted.id()).body().contains("between-us"));
  }

  @Test
  void a_search_says_the_same_as_a_read() {
    String thread = thread();
    String message = room.say(A, thread, "hello");
    room.markRead(B, thread);
    JsonNode page = room.as(A).get("Communication?part-of=Communication/" + thread).json();
    assertTrue(Room.has(page.at("/entry/0/resource"), B, "read"), page.toString());
    JsonNode included =
        room.as(A).get("Communication?_id=" + thread + "&_revinclude=Communication:part-of").json();
    assertTrue(included.toString().contains("StructureDefinition/receipt"), message);
    assertFalse(
        room.as(A).get("Communication/" + message + "/_history/1").body().contains("/receipt\""));
  }

  @Test
  void others_are_told_only_if_they_may_know() {
    String byStaff = room.say(A, thread(), "hello");
    room.markRead(B, byStaff);
    room.markRead(ANNA, byStaff);
    // Everybody knows of themselves; staff who take part know of all.
    assertTrue(Room.has(room.read(B, byStaff), ANNA, "read"));
    JsonNode annas = room.read(ANNA, byStaff);
    assertTrue(Room.has(annas, ANNA, "read"));
    assertFalse(Room.has(annas, B, "read"), annas.toString());
    // Who treats her may read the thread, but takes no part in it.
    assertFalse(Room.has(room.read("Practitioner/gp", byStaff), B, "read"));
    assertTrue(Room.has(server.asSystem().get("Communication/" + byStaff).json(), B, "read"));
    String byAnna = room.say(ANNA, thread(), "hello");
    room.markRead(A, byAnna);
    assertTrue(Room.has(room.read(ANNA, byAnna), A, "read"));
    assertFalse(Room.has(room.read("RelatedPerson/mother", byAnna), A, "read"));
  }

  @Test
  void a_private_mark_is_nobody_else_s_until_it_is_made_for_all() {
    String message = room.say(A, thread(), "hello");
    room.markRead(B, message, PRIVATE);
    assertFalse(Room.has(room.read(A, message), B, "read"));
    assertTrue(Room.has(room.read(B, message), B, "read"));
    assertFalse(server.asSystem().get("Communication/" + message).body().contains("\"read\""));
    room.markRead(B, message);
    assertTrue(Room.has(room.read(A, message), B, "read"));
    room.markRead(B, message, PRIVATE);
    assertTrue(Room.has(room.read(A, message), B, "read"));
  }

  @Test
  void the_etag_changes_with_the_receipts_and_still_names_the_version() {
    String message = room.say(A, thread(), "hello");
    TestServer.Reply before = room.as(A).get("Communication/" + message);
    room.markRead(B, message);
    TestServer.Reply after =
        room.as(A).get("Communication/" + message, "If-None-Match", before.header("ETag"));
    assertEquals(200, after.status());
    assertNotEquals(before.header("ETag"), after.header("ETag"));
    assertEquals(
        304,
        room.as(A).get("Communication/" + message, "If-None-Match", after.header("ETag")).status());
    String recall = after.body().replace("\"in-progress\"", "\"entered-in-error\"");
    TestServer.Reply recalled =
        room.as(A).put("Communication/" + message, recall, "If-Match", after.header("ETag"));
    assertEquals(200, recalled.status(), recalled.body());
  }

  @Test
  void what_a_client_of_a_recipient_has_read_is_delivered() {
    String message = room.say(A, thread(), "hello");
    room.read(B, message);
    room.read("Practitioner/gp", message);
    room.read(A, message);
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertTrue(Room.has(room.read(A, message), B, "delivered")));
    JsonNode seen = room.read(A, message);
    assertFalse(Room.has(seen, B, "read"));
    assertFalse(seen.toString().contains("Practitioner/gp"), seen.toString());
    assertFalse(Room.has(seen, A, "delivered"));
  }

  @Test
  void the_put_of_medplum_s_client_is_the_receipt_of_its_person_only() {
    String message = room.say(A, thread(), "hello");
    String path = "Communication/" + message;
    TestServer.Reply shown = room.as(B).get(path);
    String receipt =
        shown
            .body()
            .replace(
                "\"in-progress\"",
                "\"completed\",\"received\":\"" + java.time.Instant.now() + "\"");
    TestServer.Reply put = room.as(B).put(path, receipt);
    assertEquals(200, put.status(), put.body());
    assertTrue(Room.has(room.read(A, message), B, "read"));
    assertFalse(Room.has(room.read(A, message), ANNA, "read"));
    assertEquals(0, room.unread(B) - unreadElsewhere(B, message));
    TestServer.Reply annas = room.as(ANNA).put(path, room.as(ANNA).get(path).body());
    assertEquals(200, annas.status(), annas.body());
    JsonNode both = room.read(A, message);
    assertTrue(Room.has(both, ANNA, "read") && Room.has(both, B, "read"), both.toString());
    // The second one has changed nothing of the message.
    assertEquals("2", both.at("/meta/versionId").asText());
    assertFalse(server.asSystem().get(path + "/_history/2").body().contains("/receipt\""));
  }

  /** What other tests of this class have left unread. */
  private static int unreadElsewhere(String person, String message) {
    int all = room.unread(person);
    room.markRead(person, message);
    return room.unread(person) == all ? all : all - 1;
  }

  @Test
  void receipts_in_a_body_are_not_stored() {
    String thread = thread();
    String forged =
        """
        {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/%s"}],
         "recipient":[{"reference":"Practitioner/b","extension":[{"url":"https://parley.dev/fhir/StructureDefinition/receipt",
           "extension":[{"url":"read","valueInstant":"2026-01-01T00:00:00Z"}]}]}],
         "payload":[{"contentString":"x"}]}"""
            .formatted(thread);
    TestServer.Reply sent = room.as(A).post("Communication", forged);
    assertEquals(201, sent.status(), sent.body());
    assertFalse(sent.body().contains("/receipt\""), sent.body());
    TestServer.Reply kept =
        server
            .asSystem()
            .put(
                "Communication/kept",
                forged.replace(
                    "{\"resourceType",
                    "{\"id\":\"kept\",\"sender\":{\"reference\":\"Practitioner/a\"},\"resourceType"));
    assertTrue(kept.status() < 300, kept.body());
    assertFalse(kept.body().contains("/receipt\""), kept.body());
  }

  /** A Task for B to acknowledge a message of A. */
  private static TestServer.Reply asked(String message) {
    TestServer.Reply task =
        server
            .asSystem()
            .post(
                "Task",
                """
                {"resourceType":"Task","status":"requested","intent":"order",
                 "code":{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/task","code":"acknowledge"}]},
                 "focus":{"reference":"Communication/%s"},
                 "for":{"reference":"Patient/anna"},"owner":{"reference":"Practitioner/b"},
                 "requester":{"reference":"Practitioner/a"}}"""
                    .formatted(message));
    assertEquals(201, task.status(), task.body());
    return task;
  }

  @Test
  void who_acknowledges_has_read() {
    String thread = thread();
    String first = room.say(A, thread, "for later");
    String message = room.say(A, thread, "call me");
    int unread = room.unread(B);
    TestServer.Reply task = asked(message);
    TestServer.Reply done =
        room.as(B).put("Task/" + task.id(), task.body().replace("\"requested\"", "\"completed\""));
    assertEquals(200, done.status(), done.body());
    JsonNode seen = room.read(A, message);
    assertTrue(Room.has(seen, B, "acknowledged"), seen.toString());
    assertTrue(Room.has(seen, B, "read"), seen.toString());
    assertEquals(unread - 1, room.unread(B));
    assertFalse(Room.has(room.read(A, first), B, "read"));
    assertEquals(1, Room.number(room.markRead(B, thread), "marked"));
  }

  @Test
  void an_acknowledgement_stays_seen_when_the_reading_is_private() {
    String message = room.say(A, thread(), "call me");
    TestServer.Reply task = asked(message);
    room.markRead(B, message, PRIVATE);
    assertFalse(Room.has(room.read(A, message), B, "acknowledged"));
    TestServer.Reply done =
        room.as(B).put("Task/" + task.id(), task.body().replace("\"requested\"", "\"completed\""));
    assertEquals(200, done.status(), done.body());
    JsonNode seen = room.read(A, message);
    assertTrue(Room.has(seen, B, "acknowledged"), seen.toString());
    assertFalse(Room.has(seen, B, "read"));
  }

  @Test
  void who_is_not_in_it_marks_nothing() {
    String thread = thread();
    String message = room.say(A, thread, "hello");
    assertEquals(404, room.operation("Practitioner/stranger", message, "$mark-read").status());
    TestServer.Reply gp = room.operation("Practitioner/gp", thread, "$mark-read");
    assertEquals("not-a-participant", gp.reason());
    assertEquals(
        "not-a-person",
        server
            .asSystem()
            .post("Communication/" + thread + "/$mark-read", "{\"resourceType\":\"Parameters\"}")
            .reason());
    assertFalse(room.read(A, message).toString().contains("/receipt\""));
  }

  @Test
  void one_receives_as_a_role_and_is_named_as_the_person() {
    room.put("PractitionerRole/on-call", "\"practitioner\":{\"reference\":\"Practitioner/b\"}");
    room.thread("roles", A, A, "PractitionerRole/on-call");
    String message = room.say(A, "roles", "hello");
    assertEquals(1, Room.number(room.markRead(B, "roles"), "marked"));
    JsonNode seen = room.read(A, message);
    assertEquals("PractitionerRole/on-call", seen.at("/recipient/0/reference").asText());
    assertTrue(Room.has(seen, B, "read"), seen.toString());
  }

  @Test
  void it_is_searched_by_who_has_not_read_it() {
    String thread = thread();
    String message = room.say(A, thread, "hello");
    String query = "Communication?part-of=Communication/" + thread + "&";
    assertEquals(1, total(room.as(B), query + "unread-by=Practitioner/b"));
    assertEquals(0, total(room.as(A), query + "unread-by=Practitioner/a"));
    // Of others only systems know.
    assertEquals(0, total(room.as(A), query + "unread-by=Practitioner/b"));
    assertEquals(1, total(server.asSystem(), query + "unread-by=Practitioner/b"));
    room.markRead(B, message);
    assertEquals(0, total(room.as(B), query + "unread-by=Practitioner/b"));
    assertEquals(1, total(room.as(ANNA), query + "unread-by=Patient/anna"));
    assertEquals("search-value", room.as(B).get(query + "unread-by=b").reason());
  }

  @Test
  void a_role_has_not_read_what_none_has_read_as_it() {
    room.put("PractitionerRole/r", "\"practitioner\":{\"reference\":\"Practitioner/b\"}");
    room.thread("of-role", A, A, "PractitionerRole/r");
    String message = room.say(A, "of-role", "hello");
    String query = "Communication?part-of=Communication/of-role&unread-by=PractitionerRole/r";
    assertEquals(1, total(room.as(B), query));
    assertEquals(0, total(room.as("Practitioner/gp"), query));
    room.markRead(B, message);
    assertEquals(0, total(room.as(B), query));
  }

  @Test
  void it_is_searched_by_whether_it_is_acknowledged() {
    String thread = thread();
    room.say(A, thread, "hello");
    String query = "Communication?part-of=Communication/" + thread + "&acknowledged=";
    assertEquals(1, total(room.as(A), query + "false"));
    assertEquals(0, total(room.as(A), query + "true"));
    assertEquals(1, total(room.as(B), query + "false"));
    // Who may not know finds neither.
    assertEquals(0, total(room.as(ANNA), query + "false"));
    assertEquals(0, total(room.as("Practitioner/gp"), query + "false"));
    assertEquals("search-value", room.as(A).get(query + "maybe").reason());
  }

  private static int total(TestServer caller, String query) {
    TestServer.Reply reply = caller.get(query + "&_total=accurate");
    assertEquals(200, reply.status(), reply.body());
    return reply.json().path("total").asInt();
  }
}
