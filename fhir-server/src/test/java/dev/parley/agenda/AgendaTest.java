// SPDX-License-Identifier: Apache-2.0
package dev.parley.agenda;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.TestClock;
import dev.parley.TestDatabase;
import dev.parley.db.Database;
import dev.parley.store.ResourceRow;
import dev.parley.store.VersionRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgendaTest {
  private final TestClock clock = new TestClock();
  private final List<String> done = new CopyOnWriteArrayList<>();
  private Database database;
  private Agenda agenda;

  @BeforeEach
  void start() {
    database = Database.open(TestDatabase.fresh(), List.of(ResourceRow.class, VersionRow.class));
    agenda = new Agenda(database, clock);
  }

  @AfterEach
  void stop() {
    agenda.close();
    database.close();
  }

  private void at(String about, Duration in) throws SQLException {
    try (Connection connection = database.connection()) {
      agenda.at(connection, "ring", about, clock.instant().plus(in));
    }
  }

  @Test
  void work_is_done_when_it_is_due_and_once() throws SQLException {
    agenda.once("ring", done::add);
    agenda.start();
    at("a", Duration.ofHours(1));
    agenda.runDue();
    assertEquals(List.of(), done);
    clock.forward(Duration.ofMinutes(61));
    agenda.runDue();
    clock.forward(Duration.ofDays(1));
    agenda.runDue();
    assertEquals(List.of("a"), done);
  }

  @Test
  void noted_again_it_is_moved_and_it_can_be_taken_off() throws SQLException {
    agenda.once("ring", done::add);
    agenda.start();
    at("a", Duration.ofHours(1));
    at("a", Duration.ofHours(3));
    at("b", Duration.ofHours(1));
    try (Connection connection = database.connection()) {
      agenda.cancel(connection, "ring", "b");
    }
    clock.forward(Duration.ofHours(2));
    agenda.runDue();
    assertEquals(List.of(), done);
    clock.forward(Duration.ofHours(2));
    agenda.runDue();
    assertEquals(List.of("a"), done);
  }

  @Test
  void what_rolls_back_leaves_no_work() throws SQLException {
    agenda.once("ring", done::add);
    agenda.start();
    try (Connection connection = database.connection()) {
      connection.setAutoCommit(false);
      agenda.at(connection, "ring", "a", clock.instant());
      connection.rollback();
      connection.setAutoCommit(true);
    }
    agenda.runDue();
    assertEquals(List.of(), done);
  }

  @Test
  void work_that_notes_itself_again_while_it_is_done_is_done_again() throws SQLException {
    agenda.once(
        "ring",
        about -> {
          done.add(about);
          if (done.size() == 1) {
            try {
              at(about, Duration.ofHours(1));
            } catch (SQLException e) {
              throw new IllegalStateException(e);
            }
          }
        });
    agenda.start();
    at("a", Duration.ZERO);
    agenda.runDue();
    assertEquals(1, done.size());
    clock.forward(Duration.ofHours(2));
    agenda.runDue();
    assertEquals(List.of("a", "a"), done);
  }

  @Test
  void work_that_fails_is_tried_again() throws SQLException {
    AtomicInteger tries = new AtomicInteger();
    agenda.once(
        "ring",
        about -> {
          if (tries.incrementAndGet() < 3) {
            throw new IllegalStateException("not yet");
          }
          done.add(about);
        });
    agenda.start();
    at("a", Duration.ZERO);
    for (int i = 0; i < 3; i++) {
      agenda.runDue();
      clock.forward(Duration.ofMinutes(5));
    }
    assertEquals(List.of("a"), done);
    assertEquals(3, tries.get());
  }

  @Test
  void what_is_always_done_is_done_at_each_interval() {
    agenda.every(Duration.ofHours(1), "sweep", () -> done.add("sweep"));
    agenda.start();
    agenda.runDue();
    int first = done.size();
    clock.forward(Duration.ofMinutes(61));
    agenda.runDue();
    assertEquals(first + 1, done.size());
  }

  @Test
  void what_a_process_had_begun_that_died_is_done_by_another_within_half_a_minute()
      throws SQLException {
    onTheClock();
    agenda.once("ring", done::add);
    at("a", Duration.ofMinutes(-1));
    at("b", Duration.ofMinutes(-1));
    picked("a", Duration.ofSeconds(25));
    picked("b", Duration.ofMinutes(-1));
    agenda.start();
    await().atMost(Duration.ofSeconds(40)).until(() -> done.contains("a"));
    assertEquals(List.of("a"), done, "who still gives signs of life has it");
  }

  /** Of the world: what is due is looked for each second. */
  private void onTheClock() {
    agenda = new Agenda(database, Clock.systemUTC());
    clock.forward(Duration.between(clock.instant(), Instant.now()));
  }

  private void picked(String about, Duration ago) throws SQLException {
    String sql =
        "update scheduled_tasks set picked = true, picked_by = 'other', last_heartbeat = ? where task_instance = ?";
    try (Connection connection = database.connection();
        PreparedStatement update = connection.prepareStatement(sql)) {
      update.setObject(1, clock.instant().minus(ago).atOffset(ZoneOffset.UTC));
      update.setString(2, about);
      assertEquals(1, update.executeUpdate());
    }
  }

  @Test
  void what_takes_long_leaves_threads_for_what_is_due() throws Exception {
    onTheClock();
    CountDownLatch end = new CountDownLatch(1);
    for (int i = 0; i < 3; i++) {
      agenda.every(Duration.ofHours(1), "sweep" + i, () -> waitFor(end));
    }
    agenda.once("ring", done::add);
    agenda.start();
    try {
      at("a", Duration.ZERO);
      await().atMost(Duration.ofSeconds(40)).until(() -> done.contains("a"));
    } finally {
      end.countDown();
    }
  }

  private static void waitFor(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
