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

/** Receipts and counters in what is pushed. */
class ReceiptSocketTest {
  private static final String BACKPORT =
      """
      "criteria":"https://parley.dev/fhir/SubscriptionTopic/communication",
      "channel":{"type":"websocket","payload":"application/fhir+json",
        "_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"full-resource"}]}}""";
  private static final String MEDPLUM =
      "\"criteria\":\"Communication?participant=Practitioner/b\",\"channel\":{\"type\":\"websocket\",\"payload\":\"application/fhir+json\"}";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin(Map.of(), Clock.systemUTC(), new BridgeServer());
    for (String who : new String[] {"a", "b", "gp"}) {
      put("Practitioner/" + who, "");
    }
    put("Patient/anna", ",\"generalPractitioner\":[{\"reference\":\"Practitioner/gp\"}]");
    for (String thread : new String[] {"t", "u"}) {
      put(
          "Communication/" + thread,
          """
          ,"status":"in-progress","sender":{"reference":"Practitioner/a"},"subject":{"reference":"Patient/anna"},
          "category":[{"coding":[{"system":"https://parley.dev/fhir/CodeSystem/audience","code":"staff-only"}]}],
          "recipient":[{"reference":"Practitioner/a"},{"reference":"Practitioner/b"}]""");
    }
  }

  @AfterAll
  static void stop() {
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

  private static TestSocket open(String who, String rest) {
    TestServer person = server.asUser(who);
    TestServer.Reply made =
        person.post(
            "Subscription",
            "{\"resourceType\":\"Subscription\",\"status\":\"requested\",\"reason\":\"test\","
                + rest
                + "}");
    assertEquals(201, made.status(), made.body());
    String token =
        person
            .get("Subscription/" + made.id() + "/$get-ws-binding-token")
            .json()
            .at("/parameter/0/valueString")
            .asText();
    TestSocket socket = TestSocket.open(server.base()).send("bind-with-token: " + token);
    socket.plain(1);
    return socket;
  }

  private static String say(String thread) {
    TestServer.Reply reply =
        server
            .asUser("Practitioner/a")
            .post(
                "Communication",
                """
                {"resourceType":"Communication","status":"in-progress","partOf":[{"reference":"Communication/%s"}],
                 "payload":[{"contentString":"hello"}]}"""
                    .formatted(thread));
    assertEquals(201, reply.status(), reply.body());
    return reply.id();
  }

  private static void markRead(String who, String id) {
    TestServer.Reply reply =
        server
            .asUser(who)
            .post("Communication/" + id + "/$mark-read", "{\"resourceType\":\"Parameters\"}");
    assertEquals(200, reply.status(), reply.body());
  }

  private static void hears(TestSocket socket, String... parts) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertTrue(
                    socket.texts().stream()
                        .anyMatch(t -> java.util.Arrays.stream(parts).allMatch(t::contains)),
                    () -> socket.texts().toString()));
  }

  private static String unread(int thread, int all) {
    return "{\"url\":\"thread\",\"valueUnsignedInt\":%d},{\"url\":\"all\",\"valueUnsignedInt\":%d}"
        .formatted(thread, all);
  }

  @Test
  void a_message_brings_its_reader_s_counters_and_a_receipt_the_sender() {
    try (TestSocket a = open("Practitioner/a", BACKPORT);
        TestSocket b = open("Practitioner/b", BACKPORT);
        TestSocket medplum = open("Practitioner/b", MEDPLUM);
        TestSocket gp = open("Practitioner/gp", BACKPORT)) {
      String first = say("t");
      hears(b, first, unread(1, 1));
      hears(medplum, "SubscriptionStatus", first, unread(1, 1));
      String other = say("u");
      hears(b, other, unread(1, 2));
      hears(a, other, unread(0, 0));
      // Its client has answered a ping behind it.
      hears(a, first, "StructureDefinition/receipt", "\"delivered\"");
      markRead("Practitioner/b", "t");
      hears(a, first, "StructureDefinition/receipt", "\"read\"");
      // Their own other clients count down together.
      hears(b, first, unread(0, 1));
      hears(medplum, first, unread(0, 1));
      hears(gp, other);
      assertFalse(gp.texts().stream().anyMatch(t -> t.contains("/receipt\"")));
      assertTrue(
          gp.texts().stream().noneMatch(t -> t.contains("\"url\":\"thread\"")),
          gp.texts().toString());
    }
  }
}
