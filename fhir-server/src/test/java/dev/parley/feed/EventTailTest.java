// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The traps of "The event log and the feed" in docs/architecture.md, one test each. */
class EventTailTest {
  private final Config config = TestDatabase.fresh();
  private final Recorder recorder = new Recorder();
  private EventTail tail;

  @BeforeEach
  void migrate() {
    Database.open(config, List.of()).close();
    tail = follow(recorder);
    await().until(tail::following);
  }

  @AfterEach
  void stop() {
    tail.close();
  }

  private EventTail follow(Recorder reader) {
    EventTail started = new EventTail(config, reader);
    started.start();
    return started;
  }

  @Test
  void twelve_writers_with_slow_commits_and_rollbacks_lose_nothing() throws Exception {
    Map<String, Boolean> committed = new ConcurrentHashMap<>();
    ExecutorService writers = Executors.newFixedThreadPool(12);
    List<Future<?>> done = new ArrayList<>();
    for (int w = 0; w < 12; w++) {
      int writer = w;
      done.add(writers.submit(() -> writeFor(Duration.ofSeconds(5), writer, committed)));
    }
    for (Future<?> each : done) {
      each.get();
    }
    writers.shutdown();
    await().atMost(Duration.ofSeconds(20)).until(() -> recorder.events.size() >= committed.size());

    List<String> read = recorder.ids();
    assertEquals(committed.size(), read.size());
    assertEquals(committed.keySet(), new HashSet<>(read));
    inOrderWithinConversations(read);
    sorted(recorder.events);
  }

  /**
   * Conversation c's n-th message is "c-n"; one conversation is locked at a time, as the store
   * does.
   */
  private Void writeFor(Duration span, int writer, Map<String, Boolean> committed)
      throws SQLException {
    Random random = new Random(writer);
    long end = System.nanoTime() + span.toNanos();
    try (LogWriter log = new LogWriter(config)) {
      while (System.nanoTime() < end) {
        List<Integer> conversations =
            random.ints(1 + random.nextInt(3), 0, 8).sorted().distinct().boxed().toList();
        List<String> ids = new ArrayList<>();
        for (int c : conversations) {
          log.execute("select pg_advisory_xact_lock(" + c + ")");
        }
        for (int c : conversations) {
          String id = "%d-%d".formatted(c, next(log, c));
          ids.add(id);
          log.write(id);
        }
        if (random.nextInt(10) == 0) {
          log.execute("select pg_sleep(%s)".formatted(random.nextInt(40) / 1000.0));
        }
        if (random.nextInt(8) == 0) {
          log.rollback();
        } else {
          log.commit();
          ids.forEach(id -> committed.put(id, true));
        }
        tail.wake();
      }
    }
    return null;
  }

  private static int next(LogWriter log, int conversation) throws SQLException {
    try (Statement statement = log.connection.createStatement();
        var row =
            statement.executeQuery(
                "select count(*) from event where id like '" + conversation + "-%'")) {
      row.next();
      return row.getInt(1) + 1;
    }
  }

  private static void inOrderWithinConversations(List<String> ids) {
    Map<String, Integer> last = new HashMap<>();
    for (String id : ids) {
      String[] parts = id.split("-");
      int number = Integer.parseInt(parts[1]);
      assertEquals(last.getOrDefault(parts[0], 0) + 1, number, "conversation " + parts[0]);
      last.put(parts[0], number);
    }
  }

  private static void sorted(List<Event> events) {
    for (int i = 1; i < events.size(); i++) {
      assertTrue(events.get(i).position().isAfter(events.get(i - 1).position()));
    }
  }

  @Test
  void a_later_transaction_waits_for_an_earlier_one() throws Exception {
    try (LogWriter early = new LogWriter(config);
        LogWriter late = new LogWriter(config)) {
      early.write("early");
      late.write("late").commit();
      await().until(() -> !tail.held().isZero());
      assertEquals(List.of(), recorder.ids());
      early.commit();
      await().until(() -> recorder.ids().equals(List.of("early", "late")));
    }
  }

  @Test
  void an_earlier_transaction_that_rolls_back_lets_the_later_pass_soon() throws Exception {
    try (LogWriter early = new LogWriter(config);
        LogWriter late = new LogWriter(config)) {
      early.begin();
      late.write("late").commit();
      await().until(() -> !tail.held().isZero());
      long rolledBack = System.nanoTime();
      early.rollback();
      await().pollInterval(Duration.ofMillis(2)).until(() -> recorder.ids().contains("late"));
      // The busy poll, not the idle one, finds it: nobody sends a wake-up for a rollback.
      assertTrue(System.nanoTime() - rolledBack < Duration.ofMillis(300).toNanos());
    }
  }

  @Test
  void a_transaction_of_another_database_holds_the_horizon_and_is_noticed() throws Exception {
    Config other = TestDatabase.fresh();
    try (Connection elsewhere = TestDatabase.connect(other);
        Statement statement = elsewhere.createStatement();
        LogWriter log = new LogWriter(config)) {
      elsewhere.setAutoCommit(false);
      statement.execute("select pg_current_xact_id()");
      log.write("held").commit();
      await().until(() -> tail.held().compareTo(Duration.ofMillis(1100)) > 0);
      assertEquals(List.of(), recorder.ids());
      elsewhere.rollback();
      await().until(() -> recorder.ids().equals(List.of("held")));
      await().until(() -> tail.held().isZero());
    }
  }

  @Test
  void ids_of_transactions_are_not_compared_as_text() throws Exception {
    // From 999 to 1000, or wherever the next power of ten is: the log is written around it.
    try (LogWriter log = new LogWriter(config)) {
      log.execute(
          """
          insert into event (xid, at, self, version, type, kind, id, keys)
          select x::text::xid8, now(), x, 1, 23, 'C', 'x' || x, '{}' from (values (9), (10), (99), (100)) v(x)
          """);
      log.commit();
    }
    tail.wake();
    await().until(() -> recorder.ids().equals(List.of("x9", "x10", "x99", "x100")));
  }

  @Test
  void a_commit_in_another_process_is_heard_before_the_idle_poll() throws Exception {
    try (WakeUp here = new WakeUp(config, tail::wake);
        WakeUp there = new WakeUp(config, () -> {});
        LogWriter log = new LogWriter(config)) {
      here.start();
      there.start();
      log.write("first").commit();
      await().until(() -> recorder.ids().contains("first"));
      List<Long> delays = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        String id = "next-" + i;
        log.write(id).commit();
        long committed = System.nanoTime();
        there.committed();
        await().pollInterval(Duration.ofMillis(1)).until(() -> recorder.ids().contains(id));
        delays.add((System.nanoTime() - committed) / 1_000_000);
      }
      delays.sort(null);
      assertTrue(delays.get(2) < 200, "delays in ms " + delays);
    }
  }

  @Test
  void it_comes_back_after_the_database_dropped_its_connection() throws Exception {
    try (LogWriter log = new LogWriter(config)) {
      log.write("before").commit();
      await().until(() -> recorder.ids().contains("before"));
      log.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity"
              + " where application_name = 'parley tail' and datname = current_database()");
      log.write("after").commit();
      await().until(() -> recorder.ids().equals(List.of("before", "after")));
    }
  }

  @Test
  void a_reader_that_restarts_goes_on_where_it_stopped() throws Exception {
    try (LogWriter log = new LogWriter(config)) {
      log.write("one").commit();
      await().until(() -> recorder.ids().contains("one"));
      tail.close();
      log.write("two").commit();
      Recorder second = new Recorder();
      second.position = recorder.position;
      tail = follow(second);
      await().until(() -> second.ids().equals(List.of("two")));
    }
  }

  @Test
  void in_another_cluster_a_new_era_begins_and_nothing_is_lost() throws Exception {
    try (LogWriter log = new LogWriter(config)) {
      log.write("old").commit();
      await().until(() -> recorder.ids().contains("old"));
      tail.close();
      // As after a restore: the transaction ids of the log are far ahead of this cluster's.
      log.execute("update event set xid = (xid::text::bigint + 1000000000)::text::xid8");
      log.commit();
      Recorder second = new Recorder();
      Position old = recorder.position;
      second.position = new Position(old.era(), old.xid() + 1_000_000_000, old.seq());
      tail = follow(second);
      await().until(() -> second.era == 2);
      log.write("new").commit();
      await().until(() -> second.ids().equals(List.of("new")));
      assertEquals(2, second.position.era());
    }
  }

  @Test
  void a_cluster_with_another_identity_begins_a_new_era() throws Exception {
    tail.close();
    try (LogWriter log = new LogWriter(config)) {
      log.execute("update parley_state set value = '1/1' where name = 'era.life'");
      log.commit();
      Recorder second = new Recorder();
      tail = follow(second);
      await().until(() -> second.era == 2);
      tail.close();
      Recorder third = new Recorder();
      tail = follow(third);
      await().until(() -> third.era == 2);
    }
  }

  @Test
  void tails_of_two_processes_read_the_same() throws Exception {
    Recorder second = new Recorder();
    EventTail other = new EventTail(config.with(Setting.PARLEY_HOST, "127.0.0.2"), second);
    other.start();
    try (LogWriter log = new LogWriter(config)) {
      for (int i = 0; i < 50; i++) {
        log.write("m" + i).commit();
      }
      await().until(() -> recorder.events.size() == 50 && second.events.size() == 50);
      assertEquals(
          recorder.events.stream().map(Event::position).toList(),
          second.events.stream().map(Event::position).toList());
    } finally {
      other.close();
    }
  }
}
