// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who comes into a thread and goes, and what they see of it. */
class ThreadRuleTest {
  private static TestServer server;
  private static int threads;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    for (String who : List.of("dr-a", "dr-b", "dr-c", "dr-d")) {
      stored(
          "Practitioner/" + who,
          "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}".formatted(who));
    }
    stored("Patient/anna", "{\"resourceType\":\"Patient\",\"id\":\"anna\"}");
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

  /** Begun by dr-a, with dr-b. */
  private static String thread() {
    TestServer.Reply made =
        as("dr-a")
            .post(
                "Communication",
                """
                {"resourceType":"Communication","status":"in-progress","topic":{"text":"Case %d"},
                 "recipient":[{"reference":"Practitioner/dr-a"},{"reference":"Practitioner/dr-b"}]}"""
                    .formatted(threads++));
    assertEquals(201, made.status(), made.body());
    return "Communication/" + made.id();
  }

  private static String say(String who, String thread) {
    TestServer.Reply sent = sent(who, thread);
    assertEquals(201, sent.status(), sent.body());
    return "Communication/" + sent.id();
  }

  private static TestServer.Reply sent(String who, String thread) {
    return as(who)
        .post(
            "Communication",
            """
            {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"%s"}],
             "payload":[{"contentString":"hello"}]}"""
                .formatted(thread));
  }

  private static TestServer.Reply call(String who, String path, String... parameters) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < parameters.length; i += 2) {
      all.append(i == 0 ? "" : ",")
          .append("{\"name\":\"%s\",%s}".formatted(parameters[i], parameters[i + 1]));
    }
    String given = all.isEmpty() ? "" : ",\"parameter\":[" + all + "]";
    return as(who).post(path, "{\"resourceType\":\"Parameters\"" + given + "}");
  }

  private static TestServer.Reply add(String by, String thread, String who, String history) {
    return call(
        by,
        thread + "/$add-participant",
        "who",
        "\"valueReference\":{\"reference\":\"%s\"}".formatted(who),
        "history",
        "\"valueCode\":\"%s\"".formatted(history));
  }

  private static int total(String who, String query) {
    return as(who).get("Communication?_summary=count&" + query).json().path("total").asInt();
  }

  private static JsonNode part(JsonNode thread, String who, String name) {
    for (JsonNode each : thread.path("extension")) {
      if (each.toString().contains("\"" + who + "\"")) {
        for (JsonNode part : each.path("extension")) {
          if (part.path("url").asText().equals(name)) {
            return part;
          }
        }
      }
    }
    return thread.path("nothing");
  }

  @Test
  void who_comes_later_sees_all_or_only_what_is_from_then_on() {
    String thread = thread();
    String old = say("dr-a", thread);
    assertEquals(404, as("dr-c").get(thread).status());
    TestServer.Reply added = add("dr-a", thread, "Practitioner/dr-c", "from-joined");
    assertEquals(200, added.status(), added.body());
    assertFalse(part(added.json(), "Practitioner/dr-c", "joined").isMissingNode(), added.body());
    assertEquals(200, add("dr-b", thread, "Practitioner/dr-d", "all").status());
    TestServer.Reply listens =
        as("dr-c")
            .post(
                "Subscription",
                """
                {"resourceType":"Subscription","status":"requested","reason":"t",
                 "criteria":"Communication?part-of=%s","channel":{"type":"websocket"}}"""
                    .formatted(thread));
    assertEquals(201, listens.status(), listens.body());
    String recent = say("dr-b", thread);
    for (String path : List.of(old, old + "/_history", old + "/_history/1")) {
      assertEquals(404, as("dr-c").get(path).status(), path);
      assertEquals(200, as("dr-d").get(path).status(), path);
    }
    assertEquals(200, as("dr-c").get(recent).status());
    assertEquals(200, as("dr-c").get(thread).status());
    assertEquals(1, total("dr-c", "part-of=" + thread));
    assertEquals(2, total("dr-d", "part-of=" + thread));
    assertFalse(
        as("dr-c").get("Communication/_history?_count=1000").body().contains(old.substring(14)));
    // An old message that changes is no news for them either.
    TestServer.Reply recalled =
        as("dr-a")
            .put(
                old, as("dr-a").get(old).body().replace("\"in-progress\"", "\"entered-in-error\""));
    assertEquals(200, recalled.status(), recalled.body());
    String later = say("dr-a", thread);
    TestServer me = as("dr-c");
    String events = "Subscription/" + listens.id() + "/$events";
    await().until(() -> me.get(events).body().contains(later));
    assertFalse(me.get(events).body().contains(old), me.get(events).body());
    assertEquals(201, sent("dr-c", thread).status());
  }

  @Test
  void nobody_opens_more_of_the_past_than_they_see() {
    String thread = thread();
    String old = say("dr-a", thread);
    add("dr-a", thread, "Practitioner/dr-c", "from-joined");
    add("dr-c", thread, "Practitioner/dr-d", "all");
    assertEquals(404, as("dr-d").get(old).status());
    String mine = as("dr-c").get(thread).body();
    assertTrue(mine.contains("from-joined"));
    assertEquals(200, as("dr-c").put(thread, mine.replace("from-joined", "all")).status());
    assertEquals(404, as("dr-c").get(old).status());
    // Who has it all can give it.
    assertEquals(200, as("dr-a").put(thread, mine.replace("from-joined", "all")).status());
    assertEquals(200, as("dr-c").get(old).status());
  }

  @Test
  void nobody_brings_themselves_in() {
    String thread = thread();
    assertEquals(404, add("dr-c", thread, "Practitioner/dr-c", "all").status());
    stored(
        "Patient/bert",
        "{\"resourceType\":\"Patient\",\"id\":\"bert\",\"generalPractitioner\":[{\"reference\":\"Practitioner/dr-c\"}]}");
    stored(
        "Communication/about-bert",
        """
        {"resourceType":"Communication","id":"about-bert","status":"in-progress","subject":{"reference":"Patient/bert"},
         "recipient":[{"reference":"Practitioner/dr-a"}]}""");
    TestServer.Reply refused = add("dr-c", "Communication/about-bert", "Practitioner/dr-c", "all");
    assertEquals("not-a-participant", refused.reason(), refused.body());
    // And nobody from the patient's side comes in among staff.
    assertEquals(422, add("dr-a", thread, "Patient/anna", "all").status());
  }

  @Test
  void who_goes_sees_nothing_any_more_and_what_they_wrote_stays_theirs() {
    String thread = thread();
    String theirs = say("dr-b", thread);
    TestServer.Reply removed =
        call(
            "dr-a",
            thread + "/$remove-participant",
            "who",
            "\"valueReference\":{\"reference\":\"Practitioner/dr-b\"}");
    assertEquals(200, removed.status(), removed.body());
    assertFalse(part(removed.json(), "Practitioner/dr-b", "left").isMissingNode(), removed.body());
    for (String path : List.of(thread, theirs, theirs + "/_history")) {
      assertEquals(404, as("dr-b").get(path).status(), path);
    }
    assertEquals(0, total("dr-b", "part-of=" + thread));
    assertEquals(
        "Practitioner/dr-b", as("dr-a").get(theirs).json().at("/sender/reference").asText());
    // Whoever began it can go, too, but not the last one.
    assertEquals("nobody-left", call("dr-a", thread + "/$leave").reason());
    add("dr-a", thread, "Practitioner/dr-c", "all");
    assertEquals(200, call("dr-a", thread + "/$leave").status());
    assertEquals(404, as("dr-a").get(thread).status());
    assertEquals(201, sent("dr-c", thread).status());
    assertEquals("unknown-reference", sent("dr-a", thread).reason());
    add("dr-c", thread, "Practitioner/dr-a", "all");
    assertEquals(201, sent("dr-a", thread).status());
  }

  @Test
  void a_thread_is_renamed_closed_and_opened_by_those_in_it() {
    String thread = thread();
    String open = as("dr-b").get(thread).body();
    TestServer.Reply named = as("dr-b").put(thread, open.replaceFirst("Case \\d+", "Case closed"));
    assertEquals("Case closed", named.json().at("/topic/text").asText(), named.body());
    String closing = named.body().replace("\"in-progress\"", "\"completed\"");
    assertEquals(200, as("dr-b").put(thread, closing).status());
    assertEquals("thread-closed", sent("dr-a", thread).reason());
    assertEquals(200, as("dr-a").put(thread, named.body()).status());
    assertEquals(201, sent("dr-a", thread).status());
    assertEquals(4, as("dr-a").get(thread + "/_history").json().path("total").asInt());
  }

  @Test
  void a_thread_stays_for_whom_it_was_made_whatever_a_body_leaves_out() {
    String bare =
        """
        {"resourceType":"Communication","status":"in-progress","topic":{"text":"Case"},
         "recipient":[{"reference":"Practitioner/dr-a"},{"reference":"Practitioner/dr-b"}]}""";
    String audience =
        "\"category\":[{\"coding\":[{\"system\":\"https://parley.dev/fhir/CodeSystem/audience\",\"code\":\"staff-only\"}]}]";
    TestServer.Reply made =
        as("dr-a").post("Communication", bare.replaceFirst("\\{", "{" + audience + ","));
    assertEquals(201, made.status(), made.body());
    String thread = "Communication/" + made.id();
    TestServer.Reply written =
        as("dr-b").put(thread, bare.replaceFirst("\\{", "{\"id\":\"" + made.id() + "\","));
    assertEquals(200, written.status(), written.body());
    assertTrue(written.body().contains(audience), written.body());
  }

  @Test
  void muting_and_pinning_are_one_s_own() {
    String thread = thread();
    String before = as("dr-a").get(thread).body();
    assertEquals(
        "until",
        call("dr-a", thread + "/$mute", "until", "\"valueDateTime\":\"2099-01-01\"").reason());
    assertEquals(
        200,
        call("dr-a", thread + "/$mute", "until", "\"valueDateTime\":\"2099-01-01T00:00:00Z\"")
            .status());
    TestServer.Reply pinned = call("dr-a", thread + "/$pin");
    assertTrue(pinned.body().contains("2098-12-31") || pinned.body().contains("2099-01-01"));
    assertTrue(as("dr-a").get("Communication/$thread-settings").body().contains(thread));
    assertFalse(as("dr-b").get("Communication/$thread-settings").body().contains(thread));
    assertEquals(before, as("dr-b").get(thread).body());
    call("dr-a", thread + "/$pin", "pinned", "\"valueBoolean\":false");
    call("dr-a", thread + "/$mute", "muted", "\"valueBoolean\":false");
    assertFalse(as("dr-a").get("Communication/$thread-settings").body().contains(thread));
    assertEquals(404, call("dr-c", thread + "/$pin").status());
    assertEquals("no-thread", call("dr-a", say("dr-a", thread) + "/$pin").reason());
  }
}
