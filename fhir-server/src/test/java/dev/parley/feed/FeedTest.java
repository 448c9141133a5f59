// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.store.Keys;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a subscription is given: docs/decisions/0003-event-numbers.md, a test for each trap. */
class FeedTest {
  private static final long FOR_DR_1 =
      Keys.param("Communication", "recipient") ^ Keys.self("Practitioner", "dr-1");
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

  private String subscribe(String criteria) {
    TestServer.Reply reply =
        server.post(
            "Subscription",
            "{\"resourceType\":\"Subscription\",\"status\":\"active\",\"reason\":\"t\",\"criteria\":\"%s\",\"channel\":{\"type\":\"websocket\"}}"
                .formatted(criteria));
    assertEquals(201, reply.status(), reply.body());
    return reply.id();
  }

  private String subscribe() {
    return subscribe("Communication?recipient=Practitioner/dr-1");
  }

  private LogWriter writer() throws SQLException {
    return new LogWriter(server.config());
  }

  private void awaitNumber(String id, long number) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> feed().find(id).orElseThrow().number() == number);
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  @Test
  void a_message_begun_before_the_subscription_and_committed_after_it_is_counted()
      throws Exception {
    try (LogWriter old = writer();
        LogWriter done = writer()) {
      done.write("finished before", FOR_DR_1).commit();
      old.write("begun before", FOR_DR_1);
      String id = subscribe();
      done.write("all after", FOR_DR_1).commit();
      Collector collector = Collector.join(feed(), id, 0, true);
      old.commit();
      feed().committed();
      await().until(() -> collector.ids.equals(List.of("begun before", "all after")));
      assertEquals(upTo(2), collector.numbers);
    }
  }

  @Test
  void a_subscription_can_be_bound_while_the_horizon_is_held() throws Exception {
    try (LogWriter holder = writer();
        LogWriter log = writer()) {
      holder.begin();
      String id = subscribe();
      Collector collector = Collector.join(feed(), id, 0, true);
      log.write("waits", FOR_DR_1).commit();
      holder.rollback();
      await().until(() -> collector.ids.equals(List.of("waits")));
    }
  }

  @Test
  void a_rolled_back_message_leaves_no_gap() throws Exception {
    String id = subscribe();
    try (LogWriter log = writer()) {
      log.write("one", FOR_DR_1).commit();
      log.write("never", FOR_DR_1).rollback();
      log.write("two", FOR_DR_1).commit();
      feed().committed();
      Collector collector = Collector.join(feed(), id, 0, true);
      await().until(() -> collector.ids.equals(List.of("one", "two")));
      assertEquals(upTo(2), collector.numbers);
    }
  }

  @Test
  void joins_and_overflows_amid_writes_lose_nothing_and_repeat_nothing() throws Exception {
    String id = subscribe();
    int writers = 4;
    int each = 700;
    ExecutorService pool = Executors.newFixedThreadPool(writers);
    List<Future<?>> done = new ArrayList<>();
    AtomicInteger written = new AtomicInteger();
    for (int w = 0; w < writers; w++) {
      int number = w;
      done.add(
          pool.submit(
              () -> {
                Random random = new Random(number);
                try (LogWriter log = writer()) {
                  for (int i = 0; i < each; i++) {
                    log.write("m-" + number + "-" + i, FOR_DR_1);
                    written.incrementAndGet();
                    if (random.nextInt(3) == 0) {
                      log.write("n-" + number + "-" + i, 4711);
                    }
                    if (random.nextInt(20) == 0) {
                      log.execute("select pg_sleep(0.01)");
                    }
                    log.commit();
                    feed().committed();
                  }
                }
                return null;
              }));
    }
    List<Collector> collectors = new ArrayList<>();
    Random random = new Random(7);
    while (written.get() < writers * each) {
      if (collectors.size() < 60) {
        // Every third does not read: its queue fills, and it has to be read from the log later.
        collectors.add(Collector.join(feed(), id, 0, collectors.size() % 3 != 0));
      }
      Collector some = collectors.get(random.nextInt(collectors.size()));
      some.reading = random.nextInt(3) != 0;
      some.wake();
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
    for (Future<?> future : done) {
      future.get();
    }
    pool.shutdown();
    awaitNumber(id, (long) writers * each);
    List<String> order = null;
    for (Collector collector : collectors) {
      collector.read();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> collector.numbers.size() == writers * each);
      assertEquals(upTo((long) writers * each), collector.numbers);
      order = order == null ? List.copyOf(collector.ids) : order;
      assertEquals(order, collector.ids);
      assertEquals(List.of(), collector.notices);
    }
  }

  @Test
  void numbers_are_equal_in_two_processes_and_after_a_restart() throws Exception {
    String id = subscribe();
    try (LogWriter log = writer();
        TestServer second = TestServer.start(server.config(), Clock.systemUTC())) {
      for (int i = 0; i < 1_300; i++) {
        log.write("m" + i, i % 2 == 0 ? FOR_DR_1 : 4711);
        if (i % 10 == 0) {
          log.commit();
        }
      }
      log.commit();
      feed().committed();
      awaitNumber(id, 650);
      Feed other = second.server().wiring().feed();
      await().until(() -> other.find(id).orElseThrow().number() == 650);
      Collector here = Collector.join(feed(), id, 100, true);
      Collector there = Collector.join(other, id, 100, true);
      await().until(() -> here.numbers.size() == 550 && there.numbers.size() == 550);
      assertEquals(here.ids, there.ids);

      server.close();
      server = TestServer.start(server.config(), Clock.systemUTC());
      awaitNumber(id, 650);
      Collector again = Collector.join(feed(), id, 100, true);
      await().until(() -> again.numbers.size() == 550);
      assertEquals(here.ids, again.ids);
      assertEquals(here.numbers, again.numbers);
    }
  }

  @Test
  void a_process_that_died_before_its_checkpoint_counts_to_the_same_number() throws Exception {
    String id = subscribe();
    try (LogWriter log = writer()) {
      for (int i = 0; i < 20; i++) {
        log.write("m" + i, FOR_DR_1).commit();
      }
      feed().committed();
      awaitNumber(id, 20);
      server.close();
      // As after a kill -9 before anything was written down.
      log.execute("update subscription set number = 0, era = 0, xid = '0', seq = 0");
      log.execute("delete from feed_position");
      log.commit();
      log.write("m20", FOR_DR_1).commit();
    }
    server = TestServer.start(server.config(), Clock.systemUTC());
    awaitNumber(id, 21);
  }

  @Test
  void numbers_go_on_in_a_new_era() throws Exception {
    String id = subscribe();
    try (LogWriter log = writer()) {
      log.write("old 1", FOR_DR_1).write("old 2", FOR_DR_1).commit();
      feed().committed();
      awaitNumber(id, 2);
      server.close();
      // What a restore into another cluster looks like: all ids of transactions lie ahead.
      for (String sql :
          List.of(
              "update event set xid = (xid::text::bigint + 1000000000)::text::xid8",
              "update subscription set xid = (xid::text::bigint + 1000000000)::text::xid8",
              "update feed_position set xid = (xid::text::bigint + 1000000000)::text::xid8",
              "update subscription_segment set xid = (xid::text::bigint + 1000000000)::text::xid8,"
                  + " start = ((pg_snapshot_xmin(start)::text::bigint + 1000000000) || ':' ||"
                  + " (pg_snapshot_xmax(start)::text::bigint + 1000000000) || ':')::pg_snapshot",
              "update parley_state set value = '1/1' where name = 'era.life'")) {
        log.execute(sql);
      }
      log.commit();
      server = TestServer.start(server.config(), Clock.systemUTC());
      await().until(() -> feed().following());
      log.write("new 3", FOR_DR_1).commit();
      feed().committed();
      awaitNumber(id, 3);
      Collector collector = Collector.join(feed(), id, 0, true);
      await().until(() -> collector.ids.equals(List.of("old 1", "old 2", "new 3")));
      assertEquals(upTo(3), collector.numbers);
    }
  }

  @Test
  void an_update_that_leaves_the_filter_and_a_delete_are_matched_by_what_was() throws Exception {
    String plain = subscribe();
    String kept = subscribe("Communication?recipient=Practitioner/dr-1&status:not=stopped");
    long stopped = Keys.param("Communication", "status") ^ Keys.of("stopped");
    try (LogWriter log = writer()) {
      log.write("Communication", "C", "a", new long[] {FOR_DR_1}, null);
      log.write("Communication", "U", "a", new long[] {FOR_DR_1, stopped}, new long[] {FOR_DR_1});
      log.write("Communication", "U", "a", new long[] {5}, new long[] {FOR_DR_1, stopped});
      log.write("Communication", "D", "a", new long[0], new long[] {FOR_DR_1});
      log.commit();
      feed().committed();
    }
    awaitNumber(plain, 3);
    awaitNumber(kept, 2);
  }

  @Test
  void ten_thousand_subscriptions_do_not_slow_down_an_event() throws Exception {
    String id = subscribe();
    try (LogWriter log = writer()) {
      // By the table, as a restart finds them.
      server.close();
      log.execute(
          """
          insert into subscription (self, id, owner, client, scopes, criteria, backport, channel, content, status)
          select ('x' || encode(substr(sha256(convert_to('Subscription/many-' || n, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint, 'many-' || n, 'system', 'anyone', 'system/*.cruds', '-', false, 'websocket', 'full-resource', 'active'
          from generate_series(1, 10000) n
          """);
      log.execute(
          """
          insert into subscription_segment (self, era, matches, base)
          select ('x' || encode(substr(sha256(convert_to('Subscription/many-' || n, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint, 1, 'CUD- Communication?recipient=Patient/p' || n, 0 from generate_series(1, 10000) n
          """);
      log.commit();
      server = TestServer.start(server.config(), Clock.systemUTC());
      await().until(() -> feed().all().size() == 10_001);
      long began = System.nanoTime();
      for (int i = 0; i < 2_000; i++) {
        log.write("m" + i, FOR_DR_1);
      }
      log.commit();
      feed().committed();
      awaitNumber(id, 2_000);
      assertTrue(
          Duration.ofNanos(System.nanoTime() - began).toSeconds() < 15,
          "2000 events took too long");
      assertEquals(0, feed().find("many-77").orElseThrow().number());
    }
  }
}
