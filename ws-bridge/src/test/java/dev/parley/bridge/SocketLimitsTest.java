// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.Caller;
import dev.parley.subscription.BindingTokens;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SocketLimitsTest {
  private static Live live;

  @BeforeAll
  static void start() {
    live =
        Live.start(
            Map.of(
                "PARLEY_BINDING_TOKEN_SECONDS", "3",
                "PARLEY_SOCKET_LIMIT", "40",
                "PARLEY_SOCKET_ORIGINS", "https://app.example.org"));
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  @Test
  void the_classic_words_are_answered() { // B-60
    String id = live.plain("Communication?recipient=Practitioner/dr-1");
    try (TestSocket socket = live.open().send("bind " + id)) {
      assertEquals("bound " + id, socket.plain(1));
      live.say("hello");
      assertEquals("ping " + id, socket.plain(2));
      socket.send("ping");
      assertEquals("pong", socket.plain(3));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"type\":\"nonsense\"}",
        "{\"type\":{\"type\":1}}",
        "{\"type\":\"bind-with-token\"}",
        "bind-with-token",
        "bind",
        "bind ../../etc",
        "bind-with-token: x; last-event=minus"
      })
  void garbage_is_answered_and_the_socket_stays(String garbage) { // B-52
    try (TestSocket socket = live.open().send(garbage)) {
      assertEquals("OperationOutcome", socket.text(1).path("resourceType").asText());
      socket.send("ping");
      assertEquals("pong", socket.plain(2));
    }
  }

  @Test
  void a_token_that_is_not_good_closes_with_1008() { // B-53
    try (TestSocket socket = live.open().send("bind-with-token: AAAAAAAAAAAAAAAAAAAAAAAAAAAA")) {
      assertEquals(1008, socket.closeCode());
    }
  }

  @Test
  void an_expired_token_ends_its_binding_and_says_so() { // B-55
    String id = live.topic("id-only", "");
    String token = live.token(id);
    try (TestSocket socket = live.open().send("bind-with-token: " + token)) {
      String last = socket.plain(2);
      assertTrue(last.contains("binding-expired"), last);
      live.say("unheard");
      socket.send("ping");
      assertEquals("pong", socket.plain(3));
    }
    try (TestSocket late = live.open().send("bind-with-token: " + token)) {
      assertEquals(1008, late.closeCode());
    }
  }

  @Test
  void a_long_message_closes_with_1009() {
    try (TestSocket socket = live.open().send("x".repeat(20_000))) {
      assertEquals(1009, socket.closeCode());
    }
  }

  @Test
  void pages_of_other_sites_may_not_open_it() { // B-56
    assertEquals(403, refused("https://evil.example.org"));
    try (TestSocket allowed =
            TestSocket.open(live.server.base(), "Origin", "https://app.example.org");
        TestSocket own =
            TestSocket.open(
                live.server.base(),
                "Origin",
                "http://" + URI.create(live.server.base()).getAuthority())) {
      own.send("ping");
      assertEquals("pong", own.plain(1));
      allowed.send("ping");
      assertEquals("pong", allowed.plain(1));
    }
  }

  private static int refused(String origin) {
    CompletionException refused =
        assertThrows(
            CompletionException.class,
            () ->
                HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .header("Origin", origin)
                    .buildAsync(
                        URI.create(TestSocket.url(live.server.base())),
                        new java.net.http.WebSocket.Listener() {})
                    .join());
    return ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
  }

  @Test
  void one_socket_too_many_is_told_to_come_back() {
    List<TestSocket> sockets = IntStream.range(0, 60).mapToObj(i -> live.open()).toList();
    try {
      long full = sockets.stream().skip(45).filter(s -> s.closeCode() == 1013).count();
      assertEquals(15, full);
    } finally {
      sockets.forEach(TestSocket::close);
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              try (TestSocket socket = live.open()) {
                socket.send("ping");
                return socket.plain(1).equals("pong");
              }
            });
  }

  @Test
  void a_client_that_does_not_read_costs_a_cursor_and_misses_nothing() {
    String id = live.topic("full-resource", "");
    String text = "x".repeat(50_000);
    TestSocket slow = live.open();
    slow.stopReading();
    slow.send("bind-with-token: " + live.token(id));
    IntStream.range(0, 600).parallel().forEach(i -> live.say(text));
    slow.cut();
    try (TestSocket back =
        live.open().send("bind-with-token: " + live.token(id) + "; last-event=0")) {
      await().atMost(Duration.ofSeconds(30)).until(() -> back.numbers().size() >= 600);
      List<Long> numbers = back.numbers();
      for (int i = 0; i < 600; i++) {
        assertEquals(i + 1L, numbers.get(i));
      }
    }
  }

  @Test
  void a_socket_keeps_no_tokens_without_end() throws Exception {
    try (Live patient = Live.start(Map.of("PARLEY_BINDING_TOKEN_SECONDS", "3600"));
        TestSocket socket = patient.open()) {
      String id = patient.topic("empty", "");
      BindingTokens tokens = patient.server.server().wiring().tokens();
      for (int i = 0; i < 1_000; i++) {
        socket.send("bind-with-token: " + tokens.issue(Caller.ANYONE, List.of(id)).text());
      }
      socket.text(1_000);
      socket.send("bind-with-token: " + tokens.issue(Caller.ANYONE, List.of(id)).text());
      assertEquals(1008, socket.closeCode());
    }
  }
}
