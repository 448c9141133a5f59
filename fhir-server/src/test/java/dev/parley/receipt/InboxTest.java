// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.store.Codes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InboxTest {
  private static final String A = "Practitioner/a";
  private static final String B = "Practitioner/b";
  private static final String ANNA = "Patient/anna";
  private static TestServer server;
  private Room room;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void threads() {
    server.empty();
    room = new Room(server);
    room.thread("one", A, A, B, ANNA);
    room.thread("two", A, A, B);
    room.thread("other", A, A);
  }

  private JsonNode inbox(String person, String query) {
    TestServer.Reply reply = room.as(person).get("Communication/$inbox" + query);
    assertEquals(200, reply.status(), reply.body());
    return reply.json();
  }

  private static List<String> threads(JsonNode bundle) {
    List<String> ids = new ArrayList<>();
    for (JsonNode entry : bundle.path("entry")) {
      if (entry.at("/search/mode").asText().equals("match")) {
        ids.add(entry.at("/resource/id").asText());
      }
    }
    return ids;
  }

  private static JsonNode said(JsonNode bundle, String thread, String what) {
    for (JsonNode entry : bundle.path("entry")) {
      if (entry.at("/resource/id").asText().equals(thread)) {
        for (JsonNode extension : entry.at("/resource/extension")) {
          if (extension.path("url").asText().equals(Codes.INBOX)) {
            return Room.part(extension, what);
          }
        }
      }
    }
    return bundle.path("none");
  }

  @Test
  void what_one_has_pinned_and_muted_is_said_to_oneself_only() {
    room.operation(A, "one", "$pin");
    room.operation(A, "one", "$mute");
    room.operation(
        A, "two", "$mute", "{\"name\":\"until\",\"valueDateTime\":\"2020-01-01T00:00:00Z\"}");
    assertTrue(said(inbox(A, ""), "one", "pinned").path("valueBoolean").asBoolean());
    assertTrue(said(inbox(A, ""), "one", "muted").path("valueBoolean").asBoolean());
    assertTrue(said(inbox(A, ""), "two", "muted").isMissingNode(), "not any more");
    assertTrue(said(inbox(B, ""), "one", "pinned").isMissingNode());
    assertTrue(said(inbox(B, ""), "one", "muted").isMissingNode());
  }

  @Test
  void it_has_one_s_threads_newest_first_with_what_an_inbox_shows() {
    room.say(A, "two", "first");
    room.say(A, "one", "older");
    String last = room.say(ANNA, "one", "my question");
    JsonNode bundle = inbox(B, "");
    assertEquals(List.of("one", "two", "t"), threads(bundle), bundle.toString());
    assertEquals("searchset", bundle.path("type").asText());
    assertEquals(2, said(bundle, "one", "unread").path("valueUnsignedInt").asInt());
    assertEquals(1, said(bundle, "two", "unread").path("valueUnsignedInt").asInt());
    assertTrue(said(bundle, "one", "awaiting-reply").path("valueBoolean").asBoolean());
    assertEquals(
        "Communication/" + last,
        said(bundle, "one", "last-message").at("/valueReference/reference").asText());
    assertTrue(bundle.toString().contains("my question"));
    assertFalse(bundle.toString().contains("older"));
    assertFalse(said(inbox(ANNA, ""), "one", "awaiting-reply").path("valueBoolean").asBoolean());
    // Whatever a patient calls it.
    TestServer.Reply called =
        room.as(ANNA)
            .post(
                "Communication",
                """
                {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/one"}],
                 "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/communication-category","code":"notification"}]},
                  {"coding":[{"system":"https://parley.dev/fhir/CodeSystem/automatic","code":"out-of-hours"}]}],
                 "payload":[{"contentString":"my question"}]}""");
    assertEquals(201, called.status(), called.body());
    assertTrue(said(inbox(B, ""), "one", "awaiting-reply").path("valueBoolean").asBoolean());
    room.say(A, "one", "my answer");
    assertFalse(said(inbox(B, ""), "one", "awaiting-reply").path("valueBoolean").asBoolean());
    assertTrue(said(inbox(ANNA, ""), "one", "awaiting-reply").path("valueBoolean").asBoolean());
  }

  @Test
  void an_automatic_notification_is_nobody_s_answer() {
    room.say(ANNA, "one", "my question");
    room.put("Device/robot", "\"status\":\"active\"");
    room.put(
        "Communication/auto",
        """
        "status":"completed","partOf":[{"reference":"Communication/one"}],"sent":"2036-01-01T00:00:00Z",
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/communication-category","code":"notification"}]}],
        "sender":{"reference":"Device/robot"},"recipient":[{"reference":"Patient/anna"}],
        "payload":[{"contentString":"we are closed"}]""");
    JsonNode bundle = inbox(B, "");
    assertTrue(bundle.toString().contains("we are closed"));
    assertTrue(said(bundle, "one", "awaiting-reply").path("valueBoolean").asBoolean());
  }

  @Test
  void its_answer_goes_out_in_one_piece() {
    room.say(A, "one", "hello");
    TestServer.Reply reply = room.as(B).get("Communication/$inbox");
    assertTrue(reply.body().contains("hello"));
    assertTrue(reply.response().headers().firstValue("Content-Length").isPresent());
  }

  @Test
  void what_nobody_else_sees_moves_no_thread_up() {
    List<String> newest = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      room.thread("d-" + i, A, A, B);
      room.say(A, "d-" + i, "hello");
      newest.add(0, "d-" + i);
    }
    for (int i = 0; i < 5; i++) {
      room.put(
          "Communication/draft-" + i,
          """
          "status":"preparation","partOf":[{"reference":"Communication/d-%d"}],"sent":"2036-01-01T00:00:00Z",
          "sender":{"reference":"Practitioner/a"},"payload":[{"contentString":"not yet"}]"""
              .formatted(i));
    }
    assertEquals(newest.subList(0, 2), threads(inbox(B, "?_count=2")));
    List<String> all = new ArrayList<>();
    String url = "Communication/$inbox?_count=1";
    while (url != null && all.size() < 7) {
      JsonNode page = room.as(B).get(url).json();
      all.addAll(threads(page));
      url = page.at("/link/1/url").asText(null);
    }
    assertEquals(newest, all);
  }

  @Test
  void it_is_filtered_and_paged_and_a_page_link_goes_on() {
    for (int i = 0; i < 5; i++) {
      room.thread("page-" + i, A, A, B);
      room.say(A, "page-" + i, "hello");
    }
    room.markRead(B, "page-3");
    assertEquals(
        List.of("page-4", "page-2", "page-1", "page-0"), threads(inbox(B, "?unread=true")));
    List<String> all = new ArrayList<>();
    String url = "Communication/$inbox?_count=3";
    while (url != null) {
      JsonNode page = room.as(B).get(url).json();
      assertTrue(threads(page).size() <= 3);
      all.addAll(threads(page));
      url = null;
      for (JsonNode link : page.path("link")) {
        url = link.path("relation").asText().equals("next") ? link.path("url").asText() : url;
      }
    }
    assertEquals(8, all.size(), all.toString());
    assertEquals(8, all.stream().distinct().count());
    assertEquals(List.of(), threads(inbox(B, "?status=completed")));
    assertEquals(8, threads(inbox(B, "?status=in-progress&patient=Patient/anna")).size());
    assertEquals(List.of(), threads(inbox(B, "?category=x|y")));
    assertEquals(List.of(), threads(inbox(B, "?_lastUpdated=gt2036-01-01")));
    assertEquals(8, threads(inbox(B, "?_lastUpdated=gt2020-01-01")).size());
    assertEquals("unknown-parameter", room.as(B).get("Communication/$inbox?colour=red").reason());
    assertEquals("page-link", room.as(B).get("Communication/$inbox?_cursor=x").reason());
  }

  @Test
  void nobody_sees_another_s_inbox_and_reading_it_is_in_the_trail() {
    room.say(A, "one", "hello");
    assertEquals(List.of(), threads(inbox("Practitioner/stranger", "")));
    assertEquals(List.of(), threads(inbox("Practitioner/gp", "")));
    assertEquals(List.of(), threads(inbox("RelatedPerson/mother", "")));
    assertEquals("not-a-person", server.asSystem().get("Communication/$inbox").reason());
    assertEquals(
        403,
        server
            .as(server.issuer().token(B, "user/Patient.rs"))
            .get("Communication/$inbox")
            .status());
    inbox(B, "");
    JsonNode trail =
        server.asSystem().get("AuditEvent?patient=Patient/anna&agent=Practitioner/b").json();
    assertEquals("search", trail.at("/entry/0/resource/subtype/0/code").asText());
  }

  @Test
  void a_recalled_message_is_no_question_and_a_task_says_until_when() {
    String asked = room.say(ANNA, "one", "secret question");
    server
        .asSystem()
        .post(
            "Task",
            """
            {"resourceType":"Task","status":"requested","intent":"order","focus":{"reference":"Communication/one"},
             "for":{"reference":"Patient/anna"},"owner":{"reference":"Practitioner/b"},"restriction":{"period":{"end":"2036-01-01T12:00:00Z"}}}""");
    JsonNode before = inbox(B, "");
    assertEquals("2036-01-01T12:00:00Z", said(before, "one", "due").path("valueDateTime").asText());
    String recall =
        room.as(ANNA)
            .get("Communication/" + asked)
            .body()
            .replace("\"in-progress\"", "\"entered-in-error\"");
    assertEquals(200, room.as(ANNA).put("Communication/" + asked, recall).status());
    JsonNode after = inbox(B, "");
    assertFalse(said(after, "one", "awaiting-reply").path("valueBoolean").asBoolean());
    assertEquals(0, said(after, "one", "unread").path("valueUnsignedInt").asInt());
  }

  @Test
  void due_is_what_the_caller_is_to_see_and_parameters_mean_what_they_say() {
    room.say(A, "one", "hello");
    String task =
        "\"status\":\"requested\",\"intent\":\"order\",\"for\":{\"reference\":\"Patient/anna\"},\"owner\":{\"reference\":\"Practitioner/a\"},\"focus\":{\"reference\":\"Communication/one\"},\"restriction\":{\"period\":{\"end\":\"%s\"}}";
    room.put("Task/later", task.formatted("2036-01-01T09:30:00Z"));
    room.put("Task/sooner", task.formatted("2036-01-01T10:00:00+01:00"));
    assertEquals(
        "2036-01-01T10:00:00+01:00",
        said(inbox(A, ""), "one", "due").path("valueDateTime").asText());
    assertTrue(said(inbox(ANNA, ""), "one", "due").isMissingNode());
    assertEquals(400, room.as(A).get("Communication/$inbox?unread=yes").status());
    assertTrue(threads(inbox(A, "?status=completed,in-progress")).contains("one"));
    assertFalse(threads(inbox(A, "?status=completed,on-hold")).contains("one"));
    String today = Instant.now().toString().substring(0, 10);
    assertTrue(threads(inbox(A, "?_lastUpdated=le" + today)).contains("one"));
    assertFalse(threads(inbox(A, "?_lastUpdated=lt" + today)).contains("one"));
    assertFalse(threads(inbox(A, "?_lastUpdated=gt" + today)).contains("one"));
    assertTrue(threads(inbox(A, "?_lastUpdated=ge" + today)).contains("one"));
  }
}
