// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Database;
import dev.parley.db.Rows;
import dev.parley.store.Deliveries;
import dev.parley.store.Deliveries.Pushed;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a process may have pushed in the moment before it died: for each subscription that had a
 * client there, what lies behind its confirmed number and is in no row of the trail. It goes into
 * the trail as what was perhaps delivered.
 */
final class Aftermath implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Aftermath.class);
  private static final int SECONDS = 2;
  private static final int AT_ONCE = 50;
  private static final int PAGE = 500;
  private static final int MOST = 10_000;

  // A lock that can be had is one that nobody holds any more.
  private static final String CLAIM =
      """
      with dead as materialized (
        select process from feed_process where process <> ? and pg_try_advisory_xact_lock(process)),
      marked as (
        update feed_listener l
        set cursor = coalesce((select s.delivered from subscription s where s.self = l.self), 0)
        from dead d where l.process = d.process and l.cursor is null)
      delete from feed_process p using dead d where p.process = d.process""";
  private static final String PLACE =
      """
      select coalesce((select value from parley_state where name = 'era'), '1')::int,
             pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      where exists (select from feed_listener where cursor is not null)""";
  private static final String LEFT =
      """
      select l.process, l.self, l.cursor, r.id from feed_listener l left join resource r on r.self = l.self
      where l.cursor is not null order by l.self limit ? for update of l skip locked""";

  private final long process;
  private final Database database;
  private final Deliveries deliveries;
  private final Backlog backlog;
  private final Map<Long, LiveSubscription> live;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-aftermath"));
  // The timer's thread only: up to where the log has to be read first; null if nothing is left.
  private Place below;

  /**
   * @param process this one
   * @param live all running subscriptions by their self
   */
  Aftermath(
      long process,
      Database database,
      Deliveries deliveries,
      Backlog backlog,
      Map<Long, LiveSubscription> live) {
    this.process = process;
    this.database = database;
    this.deliveries = deliveries;
    this.backlog = backlog;
    this.live = live;
  }

  /** A subscription that had a client at a process that has died, and where that stood. */
  private record Left(long process, long self, long cursor, String id) {}

  /** Everything that was committed before lies below. */
  private record Place(int era, long xid) {}

  void start(EventTail tail) {
    timer.scheduleWithFixedDelay(() -> look(tail), 0, SECONDS, TimeUnit.SECONDS);
  }

  private void look(EventTail tail) {
    try {
      try (Connection connection = database.connection()) {
        claim(connection, process);
        below = below == null ? place(connection) : below;
      }
      if (below != null && tail.passed(below.era(), below.xid())) {
        run();
        below = null;
      }
    } catch (SQLException | RuntimeException e) {
      LOG.warn("What was pushed before a crash is not looked at now: {}", e.toString());
    }
  }

  /** Finds the processes that have died, and writes down where their clients stood. */
  static void claim(Connection connection, long process) throws SQLException {
    Rows.change(connection, CLAIM, process);
  }

  private static Place place(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(PLACE)) {
      return row.next() ? new Place(row.getInt(1), row.getLong(2)) : null;
    }
  }

  private void run() throws SQLException {
    int done = AT_ONCE;
    while (done == AT_ONCE) {
      done = some();
    }
  }

  private int some() throws SQLException {
    try (Connection connection = database.connection()) {
      return Database.transaction(connection, this::some);
    }
  }

  private int some(Connection connection) throws SQLException {
    List<Left> all = left(connection);
    int rows = 0;
    for (Left each : all) {
      rows += perhaps(connection, each);
      delete(connection, each);
    }
    if (!all.isEmpty()) {
      LOG.info("{} listeners of a process that died; {} pushes added", all.size(), rows);
    }
    return all.size();
  }

  private static List<Left> left(Connection connection) throws SQLException {
    return Rows.list(
        connection,
        LEFT,
        row -> new Left(row.getLong(1), row.getLong(2), row.getLong(3), row.getString(4)),
        AT_ONCE);
  }

  private int perhaps(Connection connection, Left left) throws SQLException {
    LiveSubscription subscription = live.get(left.self());
    if (subscription == null) {
      // It has ended since; what it was about cannot be asked any more.
      deliveries.unknown(connection, left.id());
      return 1;
    }
    int rows = 0;
    long after = left.cursor();
    long upTo = Math.min(subscription.number(), after + MOST);
    while (after < upTo) {
      Missed page = backlog.read(subscription, after, upTo, PAGE, subscription.row().content());
      if (page.events().isEmpty()) {
        break;
      }
      List<Pushed> pushed = new ArrayList<>();
      for (Numbered each : page.events()) {
        after = each.number();
        LoggedEvent event = each.event();
        pushed.add(new Pushed(event.type, event.event.id(), event.event.version(), event.json));
      }
      rows += deliveries.perhaps(connection, subscription.owner(), subscription.id(), pushed);
    }
    return rows;
  }

  private static void delete(Connection connection, Left left) throws SQLException {
    Rows.change(
        connection,
        "delete from feed_listener where process = ? and self = ?",
        left.process(),
        left.self());
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
