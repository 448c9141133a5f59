// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.store.Keys;
import dev.parley.store.Visibility;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Subscriptions that change or end while the feed reads, and a feed that is cut off amid it. */
class FilterChangeTest {
  private static final long FOR_DR_1 =
      Keys.param("Communication", "recipient") ^ Keys.self("Practitioner", "dr-1");
  private static final long FOR_DR_2 =
      Keys.param("Communication", "recipient") ^ Keys.self("Practitioner", "dr-2");
  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.start();
    await().until(() -> feed().following());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Feed feed() {
    return server.server().wiring().feed();
  }

  private static String body(String id, String criteria) {
    return "{\"resourceType\":\"Subscription\",%s\"status\":\"active\",\"reason\":\"t\",\"criteria\":\"%s\",\"channel\":{\"type\":\"websocket\"}}"
        .formatted(id == null ? "" : "\"id\":\"" + id + "\",", criteria);
  }

  private String subscribe(String doctor) {
    TestServer.Reply reply =
        server.post("Subscription", body(null, "Communication?recipient=Practitioner/" + doctor));
    assertEquals(201, reply.status(), reply.body());
    return reply.id();
  }

  private void change(String id, String doctors) {
    TestServer.Reply reply =
        server.put("Subscription/" + id, body(id, "Communication?recipient=" + doctors));
    assertEquals(200, reply.status(), reply.body());
  }

  private LogWriter writer() throws SQLException {
    return new LogWriter(server.config());
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  @RepeatedTest(5)
  void a_message_under_way_while_the_filter_changes_is_told_once() throws Exception {
    String id = subscribe("dr-1");
    Collector collector = Collector.join(feed(), id, 0, true);
    try (LogWriter old = writer();
        LogWriter log = writer()) {
      old.write("both", FOR_DR_1, FOR_DR_2);
      old.write("only new", FOR_DR_2);
      change(id, "Practitioner/dr-2");
      old.commit();
      log.write("after", FOR_DR_1, FOR_DR_2).commit();
      feed().committed();
      await().until(() -> collector.ids.contains("after"));
      assertEquals(List.of("both", "only new", "after"), collector.ids);
      assertEquals(upTo(3), collector.numbers);
      Collector late = Collector.join(feed(), id, 1, true);
      await().until(() -> late.ids.equals(List.of("only new", "after")));
      server.close();
      server = TestServer.start(server.config(), Clock.systemUTC());
      await().until(() -> feed().find(id).orElseThrow().number() == 3);
    }
  }

  @Test
  void a_subscription_that_ends_while_it_is_being_bound_says_so() {
    String id = subscribe("dr-1");
    LiveSubscription found = feed().find(id).orElseThrow();
    assertEquals(204, server.delete("Subscription/" + id).status());
    await().until(found::ended);
    Collector collector = Collector.join(feed(), found, 0, true);
    assertEquals("deleted", collector.ended);
    assertEquals(List.of(), found.bindings());
  }

  @Test
  void a_subscription_without_its_first_segment_counts_on_and_stops_nobody() throws Exception {
    String broken = subscribe("dr-1");
    String whole = subscribe("dr-2");
    try (LogWriter log = writer()) {
      log.write("1", FOR_DR_1).commit();
      feed().committed();
      await().until(() -> feed().find(broken).orElseThrow().number() == 1);
      server.close();
      log.execute("update subscription_segment set base = null where base = 0");
      log.commit();
      server = TestServer.start(server.config(), Clock.systemUTC());
      await().until(() -> feed().following());
      log.write("2", FOR_DR_1, FOR_DR_2).commit();
      feed().committed();
      await().until(() -> feed().find(broken).orElseThrow().number() == 2);
      await().until(() -> feed().find(whole).orElseThrow().number() == 1);
    }
  }

  @Test
  void a_filter_of_a_new_era_is_another_one_whatever_its_transaction() {
    Match match = new Match((short) 1, "Basic", new KeyFilter(List.of()), Set.of(), false);
    Snapshot start = Snapshot.parse(1, "10:10:");
    Segment first = new Segment(1, 10, start, match, 0L, null);
    LiveSubscription subscription =
        new LiveSubscription(
            null,
            List.of(first),
            new LiveSubscription.Progress(Count.NONE, Count.NONE, Count.NONE),
            Visibility.OPEN);
    Snapshot restored = Snapshot.parse(2, "10:10:");
    subscription.add(new Segment(2, 10, restored, match, null, first));
    Event made = event(new Position(2, 10, 1));
    assertNotNull(subscription.nextAt(made));
    assertNull(subscription.nextAt(event(new Position(1, 10, 1))));
  }

  private static Event event(Position position) {
    long[] none = {};
    return new Event(
        position,
        java.time.Instant.EPOCH,
        1,
        null,
        1,
        (short) 1,
        dev.parley.store.Change.Kind.CREATE,
        "x",
        none,
        none,
        none);
  }

  @Test
  void events_counted_before_the_feed_is_cut_off_are_sent_without_waiting_for_the_next()
      throws Exception {
    String bound = subscribe("dr-1");
    String changing = subscribe("dr-2");
    Collector collector = Collector.join(feed(), bound, 0, true);
    try (LogWriter log = writer();
        Connection subscriptions = TestDatabase.connect(server.config());
        Connection events = TestDatabase.connect(server.config())) {
      // More than the ring holds, so that the changed filter has to be counted from the log.
      log.execute(
          """
          insert into event (at, self, version, type, kind, id, keys)
          select now(), n, 1, code, 'C', 'm' || n, case when n > 4990 then array[%d, %d] else array[1::bigint] end
          from resource_type, generate_series(1, 5000) n where name = 'Communication'"""
              .formatted(FOR_DR_1, FOR_DR_2));
      change(changing, "Practitioner/dr-1");
      lock(subscriptions, "subscription");
      log.commit();
      feed().committed();
      await().until(() -> waits("%subscription%"));
      lock(events, "event");
      subscriptions.rollback();
      await().until(() -> waits("%from event%"));
      log.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity"
              + " where application_name = 'parley tail' and datname = current_database()");
      log.commit();
      events.rollback();
      await().until(() -> collector.numbers.size() == 10);
      assertEquals(upTo(10), collector.numbers);
      // Ten by the old filter; by the new one the same ten are not counted again.
      await().until(() -> feed().find(changing).orElseThrow().number() == 10);
      log.write("last", FOR_DR_1).commit();
      feed().committed();
      await().until(() -> collector.ids.contains("last"));
      assertEquals(upTo(11), collector.numbers);
      await().until(() -> feed().find(changing).orElseThrow().number() == 11);
    }
  }

  private static void lock(Connection connection, String table) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("lock table " + table + " in access exclusive mode");
    }
  }

  /** Whether the tail waits for a lock in such a statement. */
  private boolean waits(String query) throws SQLException {
    try (Connection connection = TestDatabase.connect(server.config());
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select 1 from pg_stat_activity where application_name = 'parley tail' and"
                    + " datname = current_database() and wait_event_type = 'Lock' and query like '"
                    + query
                    + "'")) {
      return row.next();
    }
  }
}
