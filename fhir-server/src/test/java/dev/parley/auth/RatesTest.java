// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.parley.TestClock;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RatesTest {
  @Test
  void one_person_who_asks_too_often_is_told_to_wait_and_others_are_not() {
    TestClock clock = new TestClock();
    try (TestServer server =
        TestServer.withLogin(
            Map.of("PARLEY_RATE_PER_PERSON", "6", "PARLEY_RATE_PER_SYSTEM", "100"), clock)) {
      clock.catchUp();
      for (String id : new String[] {"a", "b"}) {
        server
            .asSystem()
            .put(
                "Practitioner/" + id,
                "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}".formatted(id));
      }
      TestServer one = server.asUser("Practitioner/a");
      for (int i = 0; i < 6; i++) {
        assertEquals(200, one.get("Organization").status());
      }
      Reply reply = server.asUser("Practitioner/a").get("Organization");
      assertEquals(429, reply.status(), "another token is the same person");
      assertEquals("too-many-requests", reply.reason());
      assertEquals("throttled", reply.json().at("/issue/0/code").asText());
      assertEquals("10", reply.header("Retry-After"));
      assertEquals(200, server.asUser("Practitioner/b").get("Organization").status());
      assertEquals(200, server.asSystem().get("Organization").status());
      clock.forward(Duration.ofSeconds(10));
      assertEquals(200, one.get("Organization").status());
      assertEquals(429, one.get("Organization").status());
    }
  }

  @Test
  void a_system_has_a_limit_of_its_own() {
    try (TestServer server =
        TestServer.withLogin(Map.of("PARLEY_RATE_PER_SYSTEM", "3"), new TestClock())) {
      for (int i = 0; i < 3; i++) {
        assertEquals(200, server.asSystem().get("Organization").status());
      }
      assertNotNull(server.asSystem().get("Organization").header("Retry-After"));
      assertEquals(200, server.get("metadata").status());
    }
  }
}
