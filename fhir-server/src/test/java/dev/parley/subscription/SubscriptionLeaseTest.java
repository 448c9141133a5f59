// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubscriptionLeaseTest {
  private static final String PLAIN =
      "{\"resourceType\":\"Subscription\",\"status\":\"active\",\"reason\":\"t\",\"criteria\":\"Communication?status=completed\",\"channel\":{\"type\":\"websocket\"}}";
  private static final String MESSAGE =
      "{\"resourceType\":\"Communication\",\"status\":\"completed\",\"payload\":[{\"contentString\":\"m%d\"}]}";

  private static void execute(TestServer server, String sql) throws Exception {
    try (Connection connection = TestDatabase.connect(server.config());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void an_orphan_ends_after_the_retention_time() throws Exception {
    try (TestServer server = TestServer.start()) {
      String orphan = server.post("Subscription", PLAIN).id();
      String young = server.post("Subscription", PLAIN).id();
      execute(
          server,
          "update subscription set seen = now() - interval '8 days' where id = '" + orphan + "'");
      server.doNow("subscription-lease");
      assertEquals(410, server.get("Subscription/" + orphan).status());
      assertEquals(200, server.get("Subscription/" + young).status());
      await().until(() -> server.get("Subscription/" + orphan + "/$status").status() == 404);
    }
  }

  @Test
  void a_number_that_is_no_longer_kept_is_told_and_the_rest_is_given() throws Exception {
    try (TestServer server = TestServer.start()) {
      String id = server.post("Subscription", PLAIN).id();
      for (int i = 1; i <= 10; i++) {
        server.post("Communication", MESSAGE.formatted(i));
      }
      await()
          .until(
              () ->
                  server
                      .get("Subscription/" + id + "/$status")
                      .body()
                      .contains("\"valueString\":\"10\""));
      execute(
          server,
          "update event set at = now() - interval '8 days' where (xid, seq) <= (select xid, seq from event"
              + " where type = 23 order by xid, seq offset 5 limit 1)");
      // Only what is written down as counted may go.
      await()
          .until(
              () -> {
                server.doNow("subscription-lease");
                return server
                    .get("Subscription/" + id + "/$events?eventsSinceNumber=3")
                    .body()
                    .contains("Events 3 to 6 are not kept");
              });
      String body = server.get("Subscription/" + id + "/$events?eventsSinceNumber=3").body();
      assertTrue(body.contains("events-not-kept"), body);
      assertTrue(
          body.contains("\"m7\"") && body.contains("\"m10\"") && !body.contains("\"m6\""), body);
      server.post("Communication", MESSAGE.formatted(11));
      await()
          .until(
              () ->
                  server
                      .get("Subscription/" + id + "/$events?eventsSinceNumber=11")
                      .body()
                      .contains("\"m11\""));
      // A process that starts now gives the same numbers.
      try (TestServer second = TestServer.start(server.config(), java.time.Clock.systemUTC())) {
        String path = "Subscription/" + id + "/$events?eventsSinceNumber=9";
        await().until(() -> second.get(path).body().contains("\"m11\""));
        String there = second.get(path).body();
        assertTrue(there.contains("\"m9\"") && !there.contains("\"m8\""), there);
      }
    }
  }

  @Test
  void two_processes_that_purge_in_turn_count_the_same_numbers() throws Exception {
    try (TestServer one = TestServer.start();
        TestServer two = TestServer.start(one.config(), Clock.systemUTC())) {
      String id = one.post("Subscription", PLAIN).id();
      for (int i = 1; i <= 10; i++) {
        one.post("Communication", MESSAGE.formatted(i));
      }
      for (TestServer each : List.of(one, two)) {
        await()
            .until(
                () ->
                    each.get("Subscription/" + id + "/$status")
                        .body()
                        .contains("\"valueString\":\"10\""));
      }
      await().until(() -> counted(one, id) == 10);
      String old =
          "update event set at = now() - interval '8 days' where (xid, seq) <= (select xid, seq from event"
              + " where type = 23 order by xid, seq offset %d limit 1)";
      Instant weekAgo = Instant.now().minus(Duration.ofDays(7));
      execute(one, old.formatted(5));
      one.server().wiring().feed().purge(weekAgo);
      execute(one, old.formatted(1));
      two.server().wiring().feed().purge(weekAgo);
      String events = two.get("Subscription/" + id + "/$events?eventsSinceNumber=1").body();
      assertTrue(events.contains("m10"), events);
      assertFalse(events.contains("m8\""), events);
      assertEquals(8, kept(one, id));
    }
  }

  private static long counted(TestServer server, String id) throws Exception {
    return number(server, "number", id);
  }

  private static long kept(TestServer server, String id) throws Exception {
    return number(server, "kept", id);
  }

  private static long number(TestServer server, String column, String id) throws Exception {
    try (Connection connection = TestDatabase.connect(server.config());
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select " + column + " from subscription where id = '" + id + "'")) {
      row.next();
      return row.getLong(1);
    }
  }
}
