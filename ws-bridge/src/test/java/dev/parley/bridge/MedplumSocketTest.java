// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The frames of docs/features/subscription.md, "Medplum". */
class MedplumSocketTest {
  private static final String CRITERIA = "Communication?recipient=Practitioner/dr-1";
  private static Live live;

  @BeforeAll
  static void start() {
    live = Live.start(Map.of());
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  private static String bind(String token) {
    return "{\"type\":\"bind-with-token\",\"payload\":{\"token\":\"" + token + "\"}}";
  }

  private static String unbind(String token) {
    return "{\"type\":\"unbind-from-token\",\"payload\":{\"token\":\"" + token + "\"}}";
  }

  @Test
  void handshake_event_and_pong_are_as_its_client_reads_them() {
    String id = live.plain(CRITERIA);
    try (TestSocket socket = live.open().send(bind(live.token(id)))) {
      JsonNode handshake = socket.text(1).at("/entry/0/resource");
      assertEquals("SubscriptionStatus", handshake.path("resourceType").asText());
      assertEquals("handshake", handshake.path("type").asText());
      assertEquals("Subscription/" + id, handshake.at("/subscription/reference").asText());
      socket.send("{\"type\":\"ping\"}");
      assertEquals("{\"type\":\"pong\"}", socket.plain(2));
      String message = live.say("good morning");
      JsonNode event = socket.text(3);
      JsonNode status = event.at("/entry/0/resource");
      assertEquals("event-notification", status.path("type").asText());
      assertEquals(
          "Communication/" + message, status.at("/notificationEvent/0/focus/reference").asText());
      assertEquals(message, event.at("/entry/1/resource/id").asText());
      assertTrue(event.at("/entry/1/request").isMissingNode());
    }
  }

  @Test
  void a_renewed_token_hears_a_second_handshake_and_no_event_twice() {
    String id = live.plain(CRITERIA);
    try (TestSocket socket = live.open().send(bind(live.token(id)))) {
      socket.text(1);
      socket.send(bind(live.token(id)));
      socket.text(2);
      live.say("once");
      live.say("twice");
      await().until(() -> socket.contents().contains("twice"));
      assertEquals(List.of("once", "twice"), socket.contents());
    }
  }

  @Test
  void an_unbound_token_stops_and_an_unknown_one_harms_nothing() {
    String id = live.plain(CRITERIA);
    String other = live.plain(CRITERIA);
    String token = live.token(id);
    try (TestSocket socket = live.open().send(bind(token)).send(bind(live.token(other)))) {
      socket.text(2);
      socket.send(unbind("no-such-token")).send(unbind(token));
      live.say("for the other");
      JsonNode event = socket.text(3);
      assertEquals(
          "Subscription/" + other, event.at("/entry/0/resource/subscription/reference").asText());
      live.say("and again");
      await().until(() -> socket.contents().contains("and again"));
      assertEquals(List.of("for the other", "and again"), socket.contents());
    }
  }

  @Test
  void a_client_that_comes_back_with_a_new_subscription_gets_what_the_old_one_missed() {
    String old = live.plain(CRITERIA);
    String oldToken = live.token(old);
    TestSocket first = live.open().send(bind(oldToken));
    live.say("seen");
    await().until(() -> first.contents().equals(List.of("seen")));
    await()
        .until(() -> live.server.server().wiring().feed().find(old).orElseThrow().delivered() == 1);
    first.cut();
    live.say("missed 1");
    live.say("missed 2");
    try (TestSocket back = live.open().send(unbind(oldToken))) {
      String id = live.plain(CRITERIA);
      live.say("new 1");
      back.send(bind(live.token(id)));
      live.say("new 2");
      await().until(() -> back.contents().contains("new 2"));
      assertEquals(List.of("missed 1", "missed 2", "new 1", "new 2"), back.contents());
      assertEquals(
          "Subscription/" + id,
          back.text(2).at("/entry/0/resource/subscription/reference").asText());
      assertEquals(List.of(0L, 0L, 1L, 2L), back.numbers());
    }
    // Each token is continued once.
    try (TestSocket again = live.open().send(unbind(oldToken))) {
      String id = live.plain(CRITERIA);
      again.send(bind(live.token(id)));
      live.say("later");
      await().until(() -> !again.contents().isEmpty());
      assertEquals(List.of("later"), again.contents());
    }
  }

  @Test
  void other_criteria_are_not_a_continuation() {
    String old = live.plain(CRITERIA);
    String oldToken = live.token(old);
    TestSocket first = live.open().send(bind(oldToken));
    first.text(1);
    first.cut();
    live.say("missed");
    try (TestSocket back = live.open().send(unbind(oldToken))) {
      back.send(bind(live.token(live.plain(CRITERIA + "&status=completed"))));
      live.say("new");
      await().until(() -> !back.contents().isEmpty());
      assertEquals(List.of("new"), back.contents());
    }
  }
}
