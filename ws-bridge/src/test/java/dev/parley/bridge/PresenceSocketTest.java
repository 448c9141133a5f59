// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PresenceSocketTest {
  private static final String ONLINE = "{\"type\":\"presence\",\"payload\":{\"state\":\"online\"}}";
  private static TestServer server;
  private static TestServer other;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin(Map.of(), Clock.systemUTC(), new BridgeServer());
    other = TestServer.start(server.config(), Clock.systemUTC(), new BridgeServer());
    for (String who : new String[] {"a", "b", "stranger"}) {
      put("Practitioner/" + who, "");
    }
    put(
        "Communication/t",
        ",\"status\":\"in-progress\",\"sender\":{\"reference\":\"Practitioner/a\"},\"recipient\":[{\"reference\":\"Practitioner/a\"},{\"reference\":\"Practitioner/b\"}]");
  }

  @AfterAll
  static void stop() {
    other.close();
    server.close();
  }

  private static void put(String reference, String rest) {
    String[] parts = reference.split("/");
    TestServer.Reply reply =
        server
            .asSystem()
            .put(
                reference,
                "{\"resourceType\":\"%s\",\"id\":\"%s\"%s}".formatted(parts[0], parts[1], rest));
    assertTrue(reply.status() < 300, reply.body());
  }

  /** A bound socket of somebody, on one bridge or the other. */
  private static TestSocket open(TestServer bridge, String who) {
    TestServer person = server.asUser(who);
    TestServer.Reply made =
        person.post(
            "Subscription",
            """
            {"resourceType":"Subscription","status":"requested","reason":"test","criteria":"Communication?status=stopped",
             "channel":{"type":"websocket","payload":"application/fhir+json"}}""");
    assertEquals(201, made.status(), made.body());
    String token =
        person
            .get("Subscription/" + made.id() + "/$get-ws-binding-token")
            .json()
            .at("/parameter/0/valueString")
            .asText();
    TestSocket socket = TestSocket.open(bridge.base()).send("bind-with-token: " + token);
    socket.plain(1);
    return socket;
  }

  private static boolean heard(TestSocket socket, String what) {
    return socket.texts().stream().anyMatch(t -> t.contains(what));
  }

  private static void hears(TestSocket socket, String what) {
    await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> assertTrue(heard(socket, what), () -> socket.texts().toString()));
  }

  private static String typing(String thread) {
    return "{\"type\":\"typing\",\"payload\":{\"thread\":\"Communication/" + thread + "\"}}";
  }

  @Test
  void those_who_share_a_thread_see_each_other_also_on_another_bridge() {
    try (TestSocket a = open(server, "Practitioner/a");
        TestSocket b = open(other, "Practitioner/b");
        TestSocket quiet = open(server, "Practitioner/b");
        TestSocket stranger = open(server, "Practitioner/stranger")) {
      stranger.send(ONLINE);
      a.send(ONLINE);
      b.send(ONLINE);
      hears(
          a,
          "{\"type\":\"presence\",\"payload\":{\"who\":\"Practitioner/b\",\"state\":\"online\"}}");
      // Who comes is told who is there.
      hears(b, "\"who\":\"Practitioner/a\",\"state\":\"online\"");
      a.send(typing("t"));
      hears(
          b,
          "{\"type\":\"typing\",\"payload\":{\"who\":\"Practitioner/a\",\"thread\":\"Communication/t\"}}");
      stranger.send(typing("t"));
      b.send("{\"type\":\"presence\",\"payload\":{\"state\":\"away\"}}");
      hears(a, "\"who\":\"Practitioner/b\",\"state\":\"away\"");
      b.send("{\"type\":\"presence\",\"payload\":{\"state\":\"off\"}}");
      hears(a, "\"who\":\"Practitioner/b\",\"state\":\"offline\"");
      for (TestSocket each : new TestSocket[] {a, b}) {
        assertFalse(heard(each, "Practitioner/stranger"), () -> each.texts().toString());
      }
      assertFalse(heard(stranger, "presence") || heard(stranger, "typing"));
      // A client that has not asked for it hears nothing of it: Medplum's would call it an error.
      assertFalse(heard(quiet, "presence") || heard(quiet, "typing"));
    }
  }

  @Test
  void it_takes_a_person_and_a_form() {
    try (TestSocket nobody = TestSocket.open(server.base()).send(ONLINE)) {
      assertTrue(nobody.plain(1).contains("login-required"));
      nobody.send("{\"type\":\"typing\",\"payload\":{\"thread\":\"x y\"}}");
      assertTrue(nobody.plain(2).contains("not-understood"));
    }
  }

  @Test
  void too_many_signs_are_dropped_and_counted() {
    double before = dropped();
    try (TestSocket a = open(server, "Practitioner/a")) {
      for (int i = 0; i < 30; i++) {
        a.send(ONLINE);
      }
      await().atMost(Duration.ofSeconds(10)).until(() -> dropped() >= before + 15);
      a.send("ping");
      hears(a, "pong");
    }
  }

  private static double dropped() {
    return server.server().wiring().metrics().counter("parley.presence.dropped").count();
  }
}
