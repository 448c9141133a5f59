// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestHookTest {
  private record Call(String method, String path, String authorization, String type, String body) {}

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static HttpServer receiver;
  private static TestServer server;

  /** Whose calls count; what comes late for another is taken and forgotten. */
  private static volatile RestHookTest current;

  private final String path = "/hook" + NUMBER.incrementAndGet();
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private volatile int answer = 200;
  private volatile Runnable onFirstCall = () -> {};

  @BeforeAll
  static void start() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.setExecutor(Executors.newCachedThreadPool());
    receiver.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          int status =
              current.takes(
                  new Call(
                      exchange.getRequestMethod(),
                      exchange.getRequestURI().getPath(),
                      exchange.getRequestHeaders().getFirst("Authorization"),
                      exchange.getRequestHeaders().getFirst("Content-Type"),
                      body));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    receiver.start();
    server = TestServer.start();
    server.put("Patient/pt-1", "{\"resourceType\":\"Patient\",\"id\":\"pt-1\"}");
  }

  @AfterAll
  static void stop() {
    server.close();
    receiver.stop(0);
  }

  @BeforeEach
  void listen() {
    current = this;
  }

  @AfterEach
  void unsubscribe() {
    server
        .get("Subscription?_count=100")
        .json()
        .path("entry")
        .forEach(each -> server.delete("Subscription/" + each.at("/resource/id").asText()));
  }

  private int takes(Call call) {
    if (!call.path().startsWith(path)) {
      return 200;
    }
    calls.add(call);
    if (calls.size() == 1) {
      onFirstCall.run();
    }
    return answer;
  }

  private String endpoint() {
    return "http://127.0.0.1:" + receiver.getAddress().getPort() + path;
  }

  private String subscribe(String content, String extension) {
    String body =
        """
        {"resourceType":"Subscription","status":"requested","reason":"t",
         "criteria":"https://parley.dev/fhir/SubscriptionTopic/communication",
         "channel":{%s"type":"rest-hook","endpoint":"%s","payload":"application/fhir+json","header":["Authorization: Bearer secret-1"],
         "_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"%s"}]}}}
        """
            .formatted(extension, endpoint(), content);
    TestServer.Reply reply = server.post("Subscription", body);
    assertEquals(201, reply.status(), reply.body());
    return reply.id();
  }

  private void say(String text) {
    assertEquals(
        201,
        server
            .post(
                "Communication",
                "{\"resourceType\":\"Communication\",\"status\":\"completed\",\"recipient\":[{\"reference\":\"Patient/pt-1\"}],\"payload\":[{\"contentString\":\"%s\"}]}"
                    .formatted(text))
            .status());
  }

  private String status(String id) {
    return server.get("Subscription/" + id).json().path("status").asText();
  }

  @Test
  void a_handshake_makes_it_active_and_then_events_come_in_order() { // B-63, B-74 to B-78
    String id = subscribe("full-resource", "");
    await().until(() -> status(id).equals("active"));
    assertTrue(calls.get(0).body().contains("\"handshake\""));
    assertTrue(calls.get(0).body().contains("\"requested\""), calls.get(0).body());
    for (int i = 1; i <= 5; i++) {
      say("m" + i);
    }
    await().until(() -> calls.size() == 6);
    for (int i = 1; i <= 5; i++) {
      Call call = calls.get(i);
      assertEquals("Bearer secret-1", call.authorization());
      assertTrue(call.type().startsWith("application/fhir+json"));
      assertTrue(call.body().contains("\"m" + i + "\""), call.body());
      assertTrue(call.body().contains("\"event-notification\""));
    }
    assertFalse(server.get("Subscription").body().contains("secret-1"));
  }

  @Test
  void a_handshake_that_fails_leaves_it_in_error_until_its_owner_asks_again() { // B-18, B-63
    answer = 500;
    String id = subscribe("full-resource", "");
    await().until(() -> status(id).equals("error"));
    assertEquals(1, calls.size());
    assertTrue(server.get("Subscription/" + id).json().path("error").asText().contains("500"));
    say("missed");
    await()
        .until(
            () ->
                server
                    .get("Subscription/" + id + "/$status")
                    .body()
                    .contains("\"valueString\":\"1\"")); // B-21
    answer = 200;
    String again =
        server
            .get("Subscription/" + id)
            .body()
            .replace("\"status\":\"error\"", "\"status\":\"requested\"");
    TestServer.Reply put = server.put("Subscription/" + id, again);
    assertEquals(200, put.status(), put.body());
    await().until(() -> calls.stream().anyMatch(c -> c.body().contains("\"missed\"")));
    // The hidden header came back hidden, and stands for the kept one.
    assertEquals("Bearer secret-1", calls.get(calls.size() - 1).authorization());
    await().until(() -> status(id).equals("active"));
  }

  @Test
  void a_delivery_that_fails_is_tried_again_and_nothing_is_skipped() { // B-64
    String id = subscribe("full-resource", "");
    await().until(() -> status(id).equals("active"));
    answer = 503;
    say("first");
    say("second");
    await().until(() -> calls.size() >= 2);
    answer = 200;
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> calls.get(calls.size() - 1).body().contains("\"second\""));
    List<String> taken =
        calls.stream()
            .map(Call::body)
            .filter(b -> b.contains("first") || b.contains("second"))
            .toList();
    assertTrue(taken.get(taken.size() - 2).contains("first"));
    assertEquals("active", status(id));
  }

  @Test
  void another_process_goes_on_from_the_cursor() {
    String id = subscribe("full-resource", "");
    await().until(() -> status(id).equals("active"));
    say("one");
    await().until(() -> calls.size() == 2);
    server.close();
    server = TestServer.start(server.config(), java.time.Clock.systemUTC());
    say("two");
    await().atMost(Duration.ofSeconds(20)).until(() -> calls.size() >= 3);
    assertTrue(calls.get(2).body().contains("\"two\""), calls.get(2).body());
    assertEquals(3, calls.size());
  }

  @Test
  void a_classic_one_gets_the_resource_or_an_empty_call() { // B-62
    String body =
        """
        {"resourceType":"Subscription","status":"requested","reason":"t","criteria":"Communication?recipient=Patient/pt-1",
         "channel":{"type":"rest-hook","endpoint":"%s"%s}}""";
    server.post("Subscription", body.formatted(endpoint() + "/empty", ""));
    server.post(
        "Subscription",
        body.formatted(endpoint() + "/full", ",\"payload\":\"application/fhir+json\""));
    say("hello");
    await().until(() -> calls.size() == 2);
    Call empty = calls.stream().filter(c -> c.path().endsWith("/empty")).findFirst().orElseThrow();
    assertEquals("POST", empty.method());
    assertEquals("", empty.body());
    Call full = calls.stream().filter(c -> c.path().contains("/full/")).findFirst().orElseThrow();
    assertEquals("PUT", full.method());
    assertTrue(full.path().contains("/full/Communication/"));
    assertTrue(full.body().contains("hello"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"payload", "header", "port"})
  void one_that_cannot_be_called_does_not_stop_the_others(String broken) {
    String body =
        """
        {"resourceType":"Subscription","status":"requested","reason":"t","criteria":"Communication?",
         "channel":{"type":"rest-hook","endpoint":"http://127.0.0.1:%s/x","payload":"application/fhir+json%s","header":["X-A: %s"]}}
        """
            .formatted(
                broken.equals("port") ? "99999" : "9",
                broken.equals("payload") ? "; a=\u4e2d" : "",
                broken.equals("header") ? "\u4e2d" : "x");
    TestServer.Reply reply = server.post("Subscription", body);
    assertTrue(reply.status() == 201 || reply.status() == 422, reply.body());
    say("first");
    String id = subscribe("id-only", "");
    await().until(() -> status(id).equals("active"));
    say("second");
    await().until(() -> calls.size() == 2);
  }

  @Test
  void one_that_was_switched_off_for_a_moment_goes_on() {
    String id = subscribe("id-only", "");
    await().until(() -> status(id).equals("active"));
    String on = server.get("Subscription/" + id).body();
    for (int i = 0; i < 5; i++) {
      assertEquals(
          200, server.put("Subscription/" + id, on.replace("\"active\"", "\"off\"")).status());
      await()
          .pollInterval(Duration.ofMillis(5))
          .until(() -> server.get("Subscription/" + id + "/$status").status() != 200);
      assertEquals(
          200,
          server.put("Subscription/" + id, on.replace("\"active\"", "\"requested\"")).status());
      await().until(() -> status(id).equals("active"));
    }
    int before = calls.size();
    say("after");
    await().until(() -> calls.size() > before);
  }

  @Test
  void one_that_is_switched_off_and_on_before_the_feed_reads_either_is_asked_again()
      throws SQLException {
    try (Connection holder = TestDatabase.connect(server.config());
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      onFirstCall =
          () -> {
            try {
              // From here on the feed reads nothing: not even that the handshake made it active.
              statement.execute("select pg_current_xact_id()");
            } catch (SQLException e) {
              throw new IllegalStateException(e);
            }
          };
      String id = subscribe("id-only", "");
      await().until(() -> status(id).equals("active"));
      String on = server.get("Subscription/" + id).body();
      for (String status : List.of("off", "requested")) {
        String body = on.replace("\"active\"", "\"" + status + "\"");
        assertEquals(200, server.put("Subscription/" + id, body).status());
      }
      holder.rollback();
      await().until(() -> status(id).equals("active"));
      int before = calls.size();
      say("after");
      await().until(() -> calls.size() > before);
    }
  }

  @Test
  void a_hidden_header_goes_to_no_other_place() { // B-9
    String id = subscribe("id-only", "");
    await().until(() -> status(id).equals("active"));
    String moved =
        server
            .get("Subscription/" + id)
            .body()
            .replace("http://127.0.0.1", "http://localhost")
            .replace("\"active\"", "\"requested\"");
    TestServer.Reply put = server.put("Subscription/" + id, moved);
    assertEquals(422, put.status(), put.body());
    assertEquals("header", put.reason());
    assertEquals(1, calls.size());
    put = server.put("Subscription/" + id, moved.replace("********", "Bearer secret-2"));
    assertEquals(200, put.status(), put.body());
    await().until(() -> calls.size() == 2);
    assertEquals("Bearer secret-2", calls.get(1).authorization());
  }
}
