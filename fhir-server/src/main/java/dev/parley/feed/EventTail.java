// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.config.Config;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the event log: one thread and one connection per process, whoever listens. It never takes
 * an event at or above the horizon, and so misses none; see the package description.
 */
public final class EventTail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventTail.class);
  private static final int PAGE = 500;
  private static final long IDLE_MILLIS = 500;
  private static final long BUSY_MILLIS = 20;

  /** At least this long between two reads: under load one read serves many commits. */
  private static final long BREATH_NANOS = 1_500_000;

  /**
   * In a stream of events each read takes several: a read costs PostgreSQL as much as a write's
   * half.
   */
  private static final long STREAM_NANOS = 4_000_000;

  /** And many while nobody is bound in this process: what is counted later is counted the same. */
  private static final long QUIET_NANOS = 40_000_000;

  private static final long ASK_NANOS = 1_000_000_000;

  /** What reads along; called on the tail's thread only, with the tail's connection. */
  interface Reader {
    /** After every connect: where to go on. */
    Position begin(Connection connection, int era) throws SQLException;

    /** The next events, in order. Called again with the same ones if it throws. */
    void read(Connection connection, List<Event> events) throws SQLException;

    /** Whether anybody waits for what is read. Asked once a second. */
    default boolean isHeard() {
      return true;
    }
  }

  /** A piece of work for the tail's thread. */
  interface Task {
    void run(Connection connection) throws SQLException;
  }

  private final FeedConnections connections;
  private final Reader reader;
  private final Horizon horizon = new Horizon();
  private final ConcurrentLinkedQueue<Task> tasks = new ConcurrentLinkedQueue<>();
  private final Thread thread;
  private volatile boolean woken;
  private volatile boolean urgent;
  private volatile boolean heard = true;
  private volatile boolean following;
  private volatile Position below = Position.NONE;
  private volatile boolean closed;

  EventTail(Config config, Reader reader) {
    this.connections = new FeedConnections(config);
    this.reader = reader;
    this.thread = new DaemonThreads("parley-tail").newThread(this::run);
  }

  void start() {
    thread.start();
  }

  /** Something was committed. Cheap, never blocks, may be called for nothing. */
  public void wake() {
    if (!woken) {
      woken = true;
      LockSupport.unpark(thread);
    }
  }

  /** Runs work between two reads, with the tail's connection. */
  void execute(Task task) {
    tasks.add(task);
    urgent = true;
    wake();
  }

  /** Somebody waits from now on. */
  void heed() {
    heard = true;
    urgent = true;
    wake();
  }

  /** How long the oldest writing transaction of the cluster has held back what is committed. */
  public Duration held() {
    return horizon.held();
  }

  /** Whether it is connected and reads; false while the database is away. */
  public boolean following() {
    return following;
  }

  /** Whether every transaction below this one has been read. */
  boolean passed(int era, long xid) {
    return below.compareTo(Position.before(era, xid)) >= 0;
  }

  private void run() {
    long pause = 100;
    while (!closed) {
      try (Connection connection = connections.open("tail")) {
        int era = Era.settle(connection);
        Position position = reader.begin(connection, era);
        pause = 100;
        follow(connection, era, position);
      } catch (SQLException | RuntimeException e) {
        following = false;
        if (!closed) {
          LOG.warn("The feed stands still, next try in {} ms: {}", pause, e.toString());
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
          pause = Math.min(2 * pause, 5_000);
        }
      }
    }
  }

  private void follow(Connection connection, int era, Position from) throws SQLException {
    Position position = from;
    long wait = 1;
    long asked = System.nanoTime();
    while (!closed) {
      // Cleared before reading: a commit during the read wakes again.
      woken = false;
      urgent = false;
      runTasks(connection);
      long started = System.nanoTime();
      EventLog.Page page = EventLog.next(connection, era, position, PAGE);
      List<Event> events = page.events();
      if (!events.isEmpty()) {
        reader.read(connection, events);
        position = events.get(events.size() - 1).position();
        wait = 1;
      }
      following = true;
      if (events.size() < PAGE) {
        below = Position.before(era, page.horizon());
      }
      horizon.watch(connection, page);
      if (events.size() == PAGE) {
        continue;
      }
      long next = page.pending() ? wait : IDLE_MILLIS;
      wait = Math.min(2 * wait, BUSY_MILLIS);
      if (started - asked > ASK_NANOS) {
        heard = reader.isHeard();
        asked = started;
      }
      long breath = !heard ? QUIET_NANOS : events.size() > 1 ? STREAM_NANOS : BREATH_NANOS;
      long until = Math.max(started + TimeUnit.MILLISECONDS.toNanos(next), started + breath);
      park(until, started + breath, started + BREATH_NANOS);
    }
  }

  /**
   * Until woken, but not before the one moment, and not after the other.
   *
   * @param soonest in place of earliest if there is work to do
   */
  private void park(long until, long earliest, long soonest) {
    for (long now = System.nanoTime(); now < until && !closed; now = System.nanoTime()) {
      long from = urgent ? soonest : earliest;
      if (woken && now >= from) {
        return;
      }
      LockSupport.parkNanos((woken ? from : until) - now);
    }
  }

  private void runTasks(Connection connection) throws SQLException {
    for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run(connection);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
