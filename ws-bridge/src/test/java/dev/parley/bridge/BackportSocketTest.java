// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BackportSocketTest {
  private static final String HEARTBEAT =
      "\"extension\":[{\"url\":\"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period\",\"valueUnsignedInt\":1}],";
  private static final String MAX_COUNT =
      "\"extension\":[{\"url\":\"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-max-count\",\"valuePositiveInt\":20}],";
  private static Live live;

  @BeforeAll
  static void start() {
    live = Live.start(Map.of());
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  private static String value(JsonNode bundle, String name) {
    for (JsonNode each : bundle.at("/entry/0/resource/parameter")) {
      if (each.path("name").asText().equals(name)) {
        return each.findValues("valueString").isEmpty()
            ? each.findValue("valueCode").asText()
            : each.findValue("valueString").asText();
      }
    }
    return null;
  }

  @Test
  void a_message_arrives_after_the_handshake() { // B-24 to B-31, B-49
    String id = live.topic("full-resource", "");
    try (TestSocket socket = live.open().send("bind-with-token: " + live.token(id))) {
      JsonNode handshake = socket.text(1);
      assertEquals("handshake", value(handshake, "type"));
      assertEquals("active", value(handshake, "status"));
      assertEquals("0", value(handshake, "events-since-subscription-start"));
      assertEquals("history", handshake.at("/type").asText());
      assertTrue(
          handshake
              .at("/entry/0/request/url")
              .asText()
              .endsWith("Subscription/" + id + "/$status"));
      assertEquals("200", handshake.at("/entry/0/response/status").asText());

      String message = live.say("good morning");
      JsonNode event = socket.text(2);
      assertEquals("event-notification", value(event, "type"));
      assertEquals("1", value(event, "events-since-subscription-start"));
      assertEquals("1", value(event, "notification-event"));
      assertTrue(event.toString().contains("\"focus\",\"valueReference\""));
      JsonNode resource = event.at("/entry/1/resource");
      assertEquals(message, resource.path("id").asText());
      assertEquals("good morning", resource.at("/payload/0/contentString").asText());
      assertEquals("POST", event.at("/entry/1/request/method").asText());
      assertEquals("201", event.at("/entry/1/response/status").asText());
      assertTrue(event.at("/entry/1/fullUrl").asText().endsWith("/Communication/" + message));
    }
  }

  @Test
  void content_levels_are_kept() { // B-28, B-29
    String empty = live.topic("empty", "");
    String ids = live.topic("id-only", "");
    try (TestSocket one = live.open().send("bind-with-token " + live.token(empty));
        TestSocket two = live.open().send("bind-with-token " + live.token(ids))) {
      String message = live.say("secret words");
      JsonNode nothing = one.text(2);
      assertEquals(1, nothing.at("/entry").size());
      assertFalse(nothing.toString().contains(message));
      JsonNode id = two.text(2);
      assertEquals(1, id.at("/entry").size());
      assertTrue(id.toString().contains("Communication/" + message));
      assertFalse(id.toString().contains("secret words"));
    }
  }

  @Test
  void a_deleted_message_is_told_without_its_resource() { // B-30
    String id = live.topic("full-resource", "");
    try (TestSocket socket = live.open().send("bind-with-token: " + live.token(id))) {
      String message = live.say("to be deleted");
      live.server.delete("Communication/" + message);
      JsonNode event = socket.text(3);
      assertEquals("DELETE", event.at("/entry/1/request/method").asText());
      assertTrue(event.at("/entry/1/resource").isMissingNode());
    }
  }

  @Test
  void heartbeats_come_only_where_they_were_asked_for() { // B-32, B-78
    String with = live.topic("empty", HEARTBEAT);
    String without = live.topic("empty", "");
    try (TestSocket socket =
        live.open()
            .send("bind-with-token: " + live.token(with))
            .send("bind-with-token: " + live.token(without))) {
      await().until(() -> socket.texts().size() >= 4);
      for (String text : socket.texts().subList(2, 4)) {
        assertTrue(text.contains("\"heartbeat\"") && text.contains(with), text);
      }
    }
  }

  @Test
  void several_events_share_a_notification_up_to_max_count() { // B-20, B-34
    String id = live.topic("id-only", MAX_COUNT);
    IntStream.range(0, 50).forEach(i -> live.say("m" + i));
    try (TestSocket socket = live.open().send("bind-with-token: " + live.token(id))) {
      await().until(() -> socket.numbers().size() == 50);
      assertEquals(LongStream.rangeClosed(1, 50).boxed().toList(), socket.numbers());
      assertTrue(socket.texts().size() < 25, "texts: " + socket.texts().size());
    }
  }

  @Test
  void a_first_bind_gets_everything_since_the_subscription_began() {
    String id = live.topic("full-resource", "");
    live.say("before the socket");
    try (TestSocket socket = live.open().send("bind-with-token: " + live.token(id))) {
      await().until(() -> socket.contents().equals(List.of("before the socket")));
    }
  }

  @Test
  void a_client_that_names_its_last_number_gets_the_rest_then_live() {
    String id = live.topic("full-resource", "");
    IntStream.rangeClosed(1, 60).forEach(i -> live.say("m" + i));
    try (TestSocket socket =
        live.open().send("bind-with-token: " + live.token(id) + "; last-event=40")) {
      live.say("m61");
      await().until(() -> socket.numbers().size() >= 21);
      assertEquals(LongStream.rangeClosed(41, 61).boxed().toList(), socket.numbers());
    }
    try (TestSocket socket =
        live.open()
            .send(
                "{\"type\":\"bind-with-token\",\"payload\":{\"token\":\"%s\",\"lastEventNumber\":\"58\"}}"
                    .formatted(live.token(id)))) {
      await().until(() -> socket.numbers().size() >= 3);
      assertEquals(List.of(59L, 60L, 61L), socket.numbers());
    }
  }

  @Test
  void a_client_that_was_cut_misses_nothing_without_naming_a_number() {
    String id = live.topic("full-resource", "");
    TestSocket first = live.open().send("bind-with-token: " + live.token(id));
    live.say("one");
    await().until(() -> first.numbers().equals(List.of(1L)));
    first.cut();
    live.say("two");
    live.say("three");
    try (TestSocket second = live.open().send("bind-with-token: " + live.token(id))) {
      await().until(() -> second.numbers().contains(3L));
      List<Long> numbers = second.numbers();
      // What the first socket had may come again; nothing is left out, and the order holds.
      assertEquals(
          LongStream.rangeClosed(numbers.get(0), 3).boxed().toList(), numbers, "from where it was");
      assertTrue(numbers.get(0) <= 2);
    }
  }

  @Test
  void what_the_client_answered_for_does_not_come_again() {
    String id = live.topic("full-resource", "");
    try (TestSocket first = live.open().send("bind-with-token: " + live.token(id))) {
      live.say("one");
      live.say("two");
      await()
          .until(
              () -> live.server.server().wiring().feed().find(id).orElseThrow().delivered() == 2);
    }
    live.say("three");
    try (TestSocket second = live.open().send("bind-with-token: " + live.token(id))) {
      await().until(() -> second.numbers().equals(List.of(3L)));
    }
  }

  @Test
  void two_processes_give_the_same_numbers() { // B-23
    String id = live.topic("full-resource", "");
    try (Live other = live.another();
        TestSocket here = live.open().send("bind-with-token: " + live.token(id));
        TestSocket there = other.open().send("bind-with-token: " + live.token(id))) {
      for (int i = 0; i < 10; i++) {
        live.say("here " + i);
        other.say("there " + i);
      }
      await().until(() -> here.numbers().size() == 20 && there.numbers().size() == 20);
      assertEquals(here.numbers(), there.numbers());
      assertEquals(here.contents(), there.contents());
    }
  }

  @Test
  void a_server_that_stops_says_so_and_a_new_one_goes_on() { // 1012
    Live other = live.another();
    String id = live.topic("full-resource", "");
    TestSocket socket = other.open().send("bind-with-token: " + live.token(id));
    live.say("before");
    await().until(() -> socket.numbers().equals(List.of(1L)));
    other.close();
    assertEquals(1012, socket.closeCode());
    live.say("meanwhile");
    try (Live again = live.another();
        TestSocket back =
            again.open().send("bind-with-token: " + live.token(id) + "; last-event=1")) {
      live.say("after");
      await().atMost(Duration.ofSeconds(20)).until(() -> back.numbers().size() >= 2);
      assertEquals(List.of(2L, 3L), back.numbers());
      assertEquals(List.of("meanwhile", "after"), back.contents());
    }
  }

  @Test
  void a_subscription_that_is_switched_off_or_deleted_says_so() {
    String id = live.topic("empty", "");
    try (TestSocket socket = live.open().send("bind-with-token: " + live.token(id))) {
      socket.text(1);
      live.server.delete("Subscription/" + id);
      String last = socket.plain(2);
      assertTrue(last.contains("\"deleted\""), last);
      assertEquals(404, live.server.get("Subscription/" + id + "/$status").status());
    }
  }
}
