// SPDX-License-Identifier: Apache-2.0
package dev.parley.agenda;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * What has to be done later. Kinds of work are told before {@link #start}; what is due is done at
 * least once, by one of the processes over the database, within a second or so. Work that fails is
 * tried again, each time after twice as long; so it must not mind being done twice.
 */
public final class Agenda implements AutoCloseable {
  private static final Duration POLL = Duration.ofSeconds(1);

  /** Who says nothing for four of these is dead, and another does what it had begun. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);

  private static final int MISSED_HEARTBEATS = 4;
  private static final int THREADS = 2;
  private static final Duration FIRST_RETRY = Duration.ofSeconds(10);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  /**
   * Set in the transaction of its cause. What is being done at this moment is not moved: it may
   * have looked already, so it is done once more, under a name of its own.
   */
  private static final String AT =
      """
      with moved as (
        insert into scheduled_tasks as s (task_name, task_instance, execution_time, picked, version)
          values (?, ?, ?, false, 1)
        on conflict (task_name, task_instance) do update
          set execution_time = excluded.execution_time, version = s.version + 1
          where not s.picked
        returning 1)
      insert into scheduled_tasks (task_name, task_instance, execution_time, picked, version)
        select ?, ? || '|' || gen_random_uuid(), ?, false, 1 where not exists (select from moved)""";

  private static final String CANCEL =
      """
      delete from scheduled_tasks
      where task_name = ? and not picked and (task_instance = ? or starts_with(task_instance, ? || '|'))""";

  private final Database database;
  private final Clock clock;
  private final List<Task<?>> once = new ArrayList<>();
  private final List<RecurringTask<?>> always = new ArrayList<>();
  private Scheduler scheduler;

  public Agenda(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * A kind of work that is done when it is due.
   *
   * @param kind its name in the table, as "reminder"
   * @param work is given what {@link #at} was given
   */
  public void once(String kind, Consumer<String> work) {
    once.add(
        Tasks.oneTime(kind)
            .onFailure(new FailureHandler.ExponentialBackoffFailureHandler<>(FIRST_RETRY, 2.0))
            .execute((instance, context) -> work.accept(about(instance.getId()))));
  }

  /** Work that is done again and again, by one process each time. */
  public void every(Duration interval, String kind, Runnable work) {
    always.add(
        Tasks.recurring(kind, FixedDelay.of(interval)).execute((instance, context) -> work.run()));
  }

  private static String about(String instance) {
    int bar = instance.indexOf('|');
    return bar < 0 ? instance : instance.substring(0, bar);
  }

  /**
   * Notes work in the transaction of what it follows from; the same work noted again is moved.
   *
   * @param kind told by {@link #once}
   * @param about what it is about: an id, without a bar
   */
  public void at(Connection connection, String kind, String about, Instant when)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(AT)) {
      for (int i = 0; i < 6; i += 3) {
        insert.setString(i + 1, kind);
        insert.setString(i + 2, about);
        insert.setObject(i + 3, when.atOffset(ZoneOffset.UTC));
      }
      insert.execute();
    }
  }

  /** Takes work off again, unless it is being done at this moment. */
  public void cancel(Connection connection, String kind, String about) throws SQLException {
    Rows.change(connection, CANCEL, kind, about, about);
  }

  /** Begins; no kinds are told any more. */
  public void start() {
    List<Task<?>> all = new ArrayList<>(once);
    scheduler =
        Scheduler.create(database.dataSource(), all)
            .startTasks(new ArrayList<>(always))
            .clock(clock::instant)
            .pollingInterval(POLL)
            .heartbeatInterval(HEARTBEAT)
            .missedHeartbeatsLimit(MISSED_HEARTBEATS)
            // What is always done may take long; what is due never waits for it.
            .threads(THREADS + always.size())
            .addSchedulerListener(new Polls())
            .pollUsingLockAndFetch(0.5, 1.0)
            .alwaysPersistTimestampInUTC()
            // A kind that this version does not know is left for the one that does.
            .deleteUnresolvedAfter(Duration.ofDays(3650))
            .build();
    scheduler.start();
  }

  /** Does at once what is due by the clock, and comes back when nothing is: for tests. */
  public void runDue() {
    long deadline = System.nanoTime() + PATIENCE;
    while (anythingDue()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("work is still due");
      }
      scheduler.triggerCheckForDueExecutions();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private boolean anythingDue() {
    String sql = "select exists (select from scheduled_tasks where execution_time <= ?)";
    try (Connection connection = database.connection();
        PreparedStatement query = connection.prepareStatement(sql)) {
      query.setObject(1, clock.instant().atOffset(ZoneOffset.UTC));
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (scheduler != null) {
      scheduler.stop();
    }
  }
}
