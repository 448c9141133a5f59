// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ten thousand sockets, each with its own Subscription, that all come back after a restart. */
@Tag("long")
class TenThousandSocketsTest {
  private static final Logger LOG = LoggerFactory.getLogger(TenThousandSocketsTest.class);
  private static final int SOCKETS = 10_000;

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void they_are_idle_in_bounded_memory_and_come_back_without_a_loss() throws Exception {
    Live live = Live.start(Map.of());
    try (Connection connection = TestDatabase.connect(live.server.config());
        Statement sql = connection.createStatement()) {
      sql.execute(
          """
          insert into subscription (self, id, owner, client, scopes, criteria, backport, channel, content, status)
          select ('x' || encode(substr(sha256(convert_to('Subscription/many-' || n, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint, 'many-' || n, 'system', 'anyone', 'system/*.cruds', '-', true, 'websocket', 'full-resource', 'active'
          from generate_series(1, %d) n
          """
              .formatted(SOCKETS));
      sql.execute(
          """
          insert into subscription_segment (self, era, matches, base)
          select ('x' || encode(substr(sha256(convert_to('Subscription/many-' || n, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint, 1, 'CUD- Communication?recipient=Practitioner/dr-1', 0 from generate_series(1, %d) n
          """
              .formatted(SOCKETS));
      sql.execute(
          """
          insert into binding_token (hash, owner, client, subscriptions, created, expires)
          select sha256(convert_to('token-for-many-' || n, 'UTF8')), 'system', 'anyone', array['many-' || n],
                 now(), now() + interval '1 hour' from generate_series(1, %d) n
          """
              .formatted(SOCKETS));
    }
    live.close();
    Live first = live.another();
    int port = first.server.server().port();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> first.server.server().wiring().feed().all().size() == SOCKETS);
    long before = heap();
    try (ManySockets.Remote many = opened(port)) {
      long each = (heap() - before) / SOCKETS;
      LOG.warn("idle: {} bytes of heap for each socket", each);
      assertTrue(each < 40_000, each + " bytes for each socket");
      long began = System.nanoTime();
      first.say("one for all");
      await().atMost(Duration.ofMinutes(2)).until(() -> many.events() == SOCKETS);
      LOG.warn("one message to all: {} ms", (System.nanoTime() - began) / 1_000_000);
      first.close();
      await().atMost(Duration.ofSeconds(20)).until(() -> many.open() == 0);
    }
    Live second = live.anotherOn(port);
    try {
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> second.server.server().wiring().feed().all().size() == SOCKETS);
      second.say("while they were away");
      long began = System.nanoTime();
      try (ManySockets.Remote back = opened(port)) {
        // None of them answered a ping: each is given both messages.
        await()
            .atMost(Duration.ofMinutes(1))
            .untilAsserted(() -> assertEquals(2L * SOCKETS, back.events()));
        LOG.warn("all back and complete: {} ms", (System.nanoTime() - began) / 1_000_000);
        second.say("and live");
        await().atMost(Duration.ofMinutes(1)).until(() -> back.events() == 3L * SOCKETS);
        assertEquals(SOCKETS, back.open());
      }
    } finally {
      second.close();
    }
  }

  private static ManySockets.Remote opened(int port) throws Exception {
    ManySockets.Remote many = new ManySockets.Remote(port, SOCKETS);
    await().atMost(Duration.ofMinutes(3)).until(() -> many.bound() == SOCKETS);
    return many;
  }
}
