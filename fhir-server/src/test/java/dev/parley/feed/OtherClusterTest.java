// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** A dump, restored into a real other cluster, whose transaction ids begin elsewhere. */
@Tag("long")
class OtherClusterTest {
  private static final String SUBSCRIPTION =
      "{\"resourceType\":\"Subscription\",\"status\":\"active\",\"reason\":\"t\",\"criteria\":\"Communication?status=completed\",\"channel\":{\"type\":\"websocket\"}}";
  private static final String MESSAGE =
      "{\"resourceType\":\"Communication\",\"status\":\"completed\",\"payload\":[{\"contentString\":\"m\"}]}";

  @Test
  void an_open_subscription_goes_on_after_dump_and_restore() throws Exception {
    try (EmbeddedPostgres other =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("full_page_writes", "on")
            .start()) {
      String id;
      Config restored;
      List<String> before;
      try (TestServer server = TestServer.start()) {
        // Far enough that the other cluster has not come to these transaction ids.
        try (Connection connection = TestDatabase.connect(server.config());
            Statement statement = connection.createStatement()) {
          for (int i = 0; i < 3_000; i++) {
            statement.execute("select pg_current_xact_id()");
          }
        }
        id = server.post("Subscription", SUBSCRIPTION).id();
        for (int i = 0; i < 5; i++) {
          server.post("Communication", MESSAGE);
        }
        Feed feed = server.server().wiring().feed();
        await().until(() -> feed.find(id).orElseThrow().number() == 5);
        Collector collector = Collector.join(feed, id, 0, true);
        await().until(() -> collector.numbers.size() == 5);
        before = List.copyOf(collector.ids);
        restored =
            server
                .config()
                .with(Setting.PARLEY_JDBC_URL, other.getJdbcUrl("postgres", "postgres"))
                .with(Setting.PARLEY_PORT, "0");
        Database.open(restored, List.of()).close();
        copy(server.config(), restored);
      }
      try (TestServer server = TestServer.start(restored, Clock.systemUTC())) {
        Feed feed = server.server().wiring().feed();
        await().until(feed::following);
        server.post("Communication", MESSAGE);
        server.post("Communication", MESSAGE);
        await().until(() -> feed.find(id).orElseThrow().number() == 7);
        Collector late = Collector.join(feed, id, 5, true);
        await().until(() -> late.numbers.equals(List.of(6L, 7L)));
        Collector all = Collector.join(feed, id, 0, true);
        await().until(() -> all.numbers.size() == 7);
        assertEquals(before, all.ids.subList(0, 5));
      }
    }
  }

  private static void copy(Config from, Config to) throws Exception {
    try (Connection source = TestDatabase.connect(from);
        Connection target = TestDatabase.connect(to);
        Statement truncate = target.createStatement()) {
      CopyManager out = source.unwrap(PGConnection.class).getCopyAPI();
      CopyManager in = target.unwrap(PGConnection.class).getCopyAPI();
      List<String> tables = new ArrayList<>();
      try (Statement statement = source.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "select tablename from pg_tables where schemaname = 'public'"
                      // The trail has partitions that the other cluster makes for itself.
                      + " and tablename not like 'flyway%' and tablename not like 'audit%'"
                      + " and tablename <> 'subscription'")) {
        // The table that others refer to comes first.
        tables.add("subscription");
        while (rows.next()) {
          tables.add(rows.getString(1));
        }
      }
      for (String table : tables) {
        truncate.execute("truncate " + table + " cascade");
      }
      for (String table : tables) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        out.copyOut("copy " + table + " to stdout", bytes);
        in.copyIn("copy " + table + " from stdin", new ByteArrayInputStream(bytes.toByteArray()));
      }
      truncate.execute(
          "select setval(pg_get_serial_sequence('event', 'seq'), (select max(seq) from event))");
    }
  }
}
