// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.time.Clock;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How much one caller may ask for. */
class LimitsTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.withLogin(
            Map.of("PARLEY_SUBSCRIPTION_LIMIT", "2", "PARLEY_BUNDLE_LIMIT", "5"),
            Clock.systemUTC());
    for (String id : new String[] {"dr-1", "dr-2", "dr-3"}) {
      server
          .asSystem()
          .put(
              "Practitioner/" + id,
              "{\"resourceType\":\"Practitioner\",\"id\":\"" + id + "\",\"active\":true}");
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Reply subscribe(TestServer as) {
    return as.post(
        "Subscription",
        "{\"resourceType\":\"Subscription\",\"status\":\"active\",\"reason\":\"t\",\"criteria\":\"Communication?\",\"channel\":{\"type\":\"websocket\"}}");
  }

  @Test
  void a_person_has_so_many_subscriptions_and_may_end_one_for_another() {
    TestServer doctor = server.asUser("Practitioner/dr-1");
    String first = subscribe(doctor).id();
    assertEquals(201, subscribe(doctor).status());
    Reply third = subscribe(doctor);
    assertEquals(422, third.status(), third.body());
    assertEquals("too-many-subscriptions", third.reason());
    assertEquals(201, subscribe(server.asUser("Practitioner/dr-3")).status());
    assertEquals(204, doctor.delete("Subscription/" + first).status());
    assertEquals(201, subscribe(doctor).status());
  }

  @Test
  void one_at_the_limit_may_still_change_what_is_theirs() {
    TestServer doctor = server.asUser("Practitioner/dr-2");
    subscribe(doctor);
    Reply last = subscribe(doctor);
    assertEquals(200, doctor.put("Subscription/" + last.id(), last.body()).status());
    assertEquals(422, subscribe(doctor).status());
  }

  @Test
  void a_system_client_has_as_many_as_it_needs() {
    for (int i = 0; i < 4; i++) {
      assertEquals(201, subscribe(server.asSystem()).status());
    }
  }

  private static String bundle(String type, int entries) {
    return IntStream.range(0, entries)
        .mapToObj(i -> "{\"request\":{\"method\":\"GET\",\"url\":\"Patient?_id=x\"}}")
        .collect(
            Collectors.joining(
                ",", "{\"resourceType\":\"Bundle\",\"type\":\"" + type + "\",\"entry\":[", "]}"));
  }

  @Test
  void a_bundle_has_so_many_entries() {
    for (String type : new String[] {"batch", "transaction"}) {
      assertEquals(200, server.asSystem().post("", bundle(type, 5)).status());
      Reply longer = server.asSystem().post("", bundle(type, 6));
      assertEquals(413, longer.status(), longer.body());
      assertTrue(longer.body().contains("more than 5 entries"), longer.body());
    }
  }
}
