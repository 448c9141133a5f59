// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The socket where people log in (E-35, B-71). */
class LoginSocketTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.withLogin(
            Map.of("PARLEY_SESSION_IDLE_MINUTES", "30"), Clock.systemUTC(), new BridgeServer());
    for (String id : new String[] {"dr-1", "dr-2", "leaver", "off"}) {
      put("Practitioner/" + id, "");
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void put(String reference, String rest) {
    String[] parts = reference.split("/");
    Reply reply =
        server
            .asSystem()
            .put(
                reference,
                "{\"resourceType\":\"%s\",\"id\":\"%s\"%s}".formatted(parts[0], parts[1], rest));
    assertTrue(reply.status() < 300, reply.body());
  }

  private static String token(String who, Map<String, ?> claims) {
    return server.issuer().token(who, "user/*.cruds", claims);
  }

  private static String subscription(TestServer client) {
    Reply reply =
        client.post(
            "Subscription",
            """
            {"resourceType":"Subscription","status":"requested","reason":"test",
             "criteria":"https://parley.dev/fhir/SubscriptionTopic/communication",
             "channel":{"type":"websocket","payload":"application/fhir+json",
              "_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"id-only"}]}}}""");
    assertEquals(201, reply.status(), reply.body());
    return reply.id();
  }

  private static JsonNode binding(TestServer client, String id) {
    return client.get("Subscription/" + id + "/$get-ws-binding-token").json();
  }

  private static String value(JsonNode parameters, String name) {
    for (JsonNode each : parameters.path("parameter")) {
      if (each.path("name").asText().equals(name)) {
        return each.path(name.equals("expiration") ? "valueDateTime" : "valueString").asText();
      }
    }
    throw new AssertionError("no " + name);
  }

  private static TestSocket open(String... headers) {
    return TestSocket.open(server.base(), headers);
  }

  @Test
  void a_token_binds_and_a_foreign_or_stale_one_does_not() { // B-46 to B-53
    TestServer doctor = server.as(token("Practitioner/dr-1", Map.of()));
    String id = subscription(doctor);
    TestServer other = server.as(token("Practitioner/dr-2", Map.of()));
    assertEquals(404, other.get("Subscription/" + id + "/$get-ws-binding-token").status());
    try (TestSocket socket =
        open().send("bind-with-token: " + value(binding(doctor, id), "token"))) {
      assertEquals("Bundle", socket.text(1).path("resourceType").asText());
    }
    String theirs = token("Practitioner/dr-2", Map.of());
    TestSocket thief =
        open("Authorization", "Bearer " + theirs)
            .send("bind-with-token: " + value(binding(doctor, id), "token"));
    assertEquals(1008, thief.closeCode());
    TestSocket guessed = open().send("bind-with-token: " + "A".repeat(43));
    assertEquals(1008, guessed.closeCode());
    // An access token is no binding token.
    TestSocket access = open().send("bind-with-token: " + token("Practitioner/dr-1", Map.of()));
    assertEquals(1008, access.closeCode());
  }

  @Test
  void a_bind_by_id_takes_the_upgrades_caller() {
    String mine = token("Practitioner/dr-1", Map.of());
    String id = subscription(server.as(mine));
    try (TestSocket nobody = open().send("bind " + id)) {
      assertTrue(nobody.plain(1).contains("login-required"), nobody::toString);
    }
    String theirs = token("Practitioner/dr-2", Map.of());
    try (TestSocket stranger = open("Authorization", "Bearer " + theirs).send("bind " + id)) {
      assertTrue(stranger.plain(1).contains("not-found"));
    }
    String narrow = server.issuer().token("Practitioner/dr-1", "user/Communication.r");
    try (TestSocket poor = open("Authorization", "Bearer " + narrow).send("bind " + id)) {
      assertTrue(poor.plain(1).contains("login-required"));
    }
    try (TestSocket owner = open("Authorization", "Bearer " + mine).send("bind " + id)) {
      assertEquals("bound " + id, owner.plain(1));
    }
  }

  @Test
  void an_upgrade_with_a_bad_token_is_refused() { // E-31, E-34
    assertThrows(CompletionException.class, () -> open("Authorization", "Bearer nonsense"));
    String good = token("Practitioner/dr-1", Map.of());
    Reply inUrl =
        server.get(
            server.base().replace("/fhir/R4", "/ws/subscriptions-r4?access_token=" + good),
            "Sec-WebSocket-Key",
            "dGhlIHNhbXBsZSBub25jZQ==");
    assertEquals(401, inUrl.status());
    assertThrows(
        CompletionException.class,
        () -> open("Authorization", "Bearer " + good, "Origin", "https://evil.example.org"));
  }

  @Test
  void a_binding_ends_with_the_access_token_and_a_renewed_one_goes_on() {
    Instant soon = Instant.now().plusSeconds(4);
    // The skew lets the token itself be used a little longer; the binding takes it at its word.
    TestServer doctor = server.as(token("Practitioner/dr-1", Map.of("exp", soon)));
    String id = subscription(doctor);
    JsonNode binding = binding(doctor, id);
    assertTrue(
        !Instant.parse(value(binding, "expiration").replace("+00:00", "Z")).isAfter(soon),
        binding::toString);
    try (TestSocket socket = open().send("bind-with-token: " + value(binding, "token"))) {
      socket.text(1);
      await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> socket.texts().stream().anyMatch(t -> t.contains("binding-expired")));
      int heard = socket.texts().size();
      TestServer renewed = server.as(token("Practitioner/dr-1", Map.of()));
      socket.send("bind-with-token: " + value(binding(renewed, id), "token"));
      assertEquals("Bundle", socket.text(heard + 1).path("resourceType").asText());
    }
  }

  @Test
  void a_binding_ends_with_the_login_if_that_is_left_alone_or_has_lasted_too_long() {
    TestServer doctor = server.as(token("Practitioner/dr-1", Map.of()));
    Instant before = Instant.now();
    Instant idle = expiration(binding(doctor, subscription(doctor)));
    assertTrue(idle.isAfter(before.plus(Duration.ofMinutes(29))), idle::toString);
    assertTrue(!idle.isAfter(Instant.now().plus(Duration.ofMinutes(30))), idle::toString);
    Instant begun = Instant.now().minus(Duration.ofHours(12)).plusSeconds(5);
    Map<String, ?> old = Map.of("auth_time", begun, "sid", "old");
    String mine = token("Practitioner/dr-1", old);
    TestServer late = server.as(mine);
    String id = subscription(late);
    JsonNode binding = binding(late, id);
    assertTrue(!expiration(binding).isAfter(begun.plus(Duration.ofHours(12))), binding::toString);
    try (TestSocket socket = open().send("bind-with-token: " + value(binding, "token"));
        TestSocket classic = open("Authorization", "Bearer " + mine).send("bind " + id)) {
      socket.text(1);
      assertEquals("bound " + id, classic.plain(1));
      await()
          .atMost(Duration.ofSeconds(15))
          .until(
              () ->
                  socket.texts().stream().anyMatch(t -> t.contains("binding-expired"))
                      && classic.texts().size() > 1);
    }
    assertEquals(401, late.get("Practitioner/dr-1").status());
  }

  private static Instant expiration(JsonNode binding) {
    return Instant.parse(value(binding, "expiration").replace("+00:00", "Z"));
  }

  @Test
  void whoever_leaves_is_cut_off_at_once() {
    TestServer leaver = server.as(token("Practitioner/leaver", Map.of()));
    TestServer stays = server.as(token("Practitioner/dr-2", Map.of()));
    String kept = value(binding(leaver, subscription(leaver)), "token");
    TestSocket gone = open().send("bind-with-token: " + kept);
    try (TestSocket other =
        open().send("bind-with-token: " + value(binding(stays, subscription(stays)), "token"))) {
      gone.text(1);
      other.text(1);
      put("Practitioner/leaver", ",\"active\":false");
      assertEquals(1008, gone.closeCode());
      assertEquals(1008, open().send("bind-with-token: " + kept).closeCode());
      assertEquals("pong", other.send("ping").plain(2));
    }
  }

  @Test
  void logging_off_closes_the_sockets() {
    String mine = token("Practitioner/off", Map.of());
    TestServer client = server.as(mine);
    String id = subscription(client);
    TestSocket byToken = open().send("bind-with-token: " + value(binding(client, id), "token"));
    TestSocket byId = open("Authorization", "Bearer " + mine);
    byToken.text(1);
    assertEquals("pong", byId.send("ping").plain(1));
    assertEquals(200, client.post("$log-off", "{\"resourceType\":\"Parameters\"}").status());
    assertEquals(1008, byToken.closeCode());
    assertEquals(1008, byId.closeCode());
    assertEquals(200, server.asSystem().get("Subscription/" + id).status(), "and may come back");
  }
}
