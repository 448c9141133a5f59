// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes the oldest events, counting them off: a subscription's kept number is how many of its
 * events are gone, and so which number is the first still there.
 */
final class EventPurge {
  private static final int CHUNK = 500;
  private static final String KEPT =
      """
      select self, kept, kept_era, kept_xid::text::bigint, kept_seq from subscription where self = any(?)
      """;
  private static final String DELETE =
      """
      delete from event e where (e.era, e.xid, e.seq) <= (?::smallint, ?::text::xid8, ?)
      """;

  private EventPurge() {}

  /**
   * One chunk, in one transaction; called on the tail's thread.
   *
   * @param upTo nothing after this place is removed: the numbers up to it are written down
   * @return how many events were removed
   */
  static int chunk(Connection connection, SubscriptionIndex index, Instant before, Position upTo)
      throws SQLException {
    connection.setAutoCommit(false);
    try {
      lock(connection);
      List<Event> old = old(connection, before, upTo);
      if (!old.isEmpty()) {
        Map<LiveSubscription, Count> kept = count(connection, index, old);
        Map<Long, Count> rows = new HashMap<>();
        kept.forEach((subscription, count) -> rows.put(subscription.row().self(), count));
        Checkpoints.kept(connection, rows);
        delete(connection, old.get(old.size() - 1).position());
        connection.commit();
        kept.forEach(LiveSubscription::kept);
      }
      return old.size();
    } finally {
      // Nothing but what was not committed.
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** One process at a time: it counts on from what the last one has counted off. */
  private static void lock(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("select pg_advisory_xact_lock(hashtextextended('parley purge', 0))");
    }
  }

  private static List<Event> old(Connection connection, Instant before, Position upTo)
      throws SQLException {
    List<Event> old = new ArrayList<>();
    for (Event event : EventLog.between(connection, Position.NONE, upTo, null, null, CHUNK)) {
      if (!event.at().isBefore(before)) {
        break;
      }
      old.add(event);
    }
    return old;
  }

  private static Map<LiveSubscription, Count> count(
      Connection connection, SubscriptionIndex index, List<Event> old) throws SQLException {
    Map<Long, LiveSubscription> concerned = new HashMap<>();
    for (Event event : old) {
      index.candidates(event).forEach(each -> concerned.put(each.row().self(), each));
    }
    refresh(connection, concerned);
    Map<LiveSubscription, Count> kept = new HashMap<>();
    for (Event event : old) {
      for (LiveSubscription each : index.candidates(event)) {
        Count known = kept.getOrDefault(each, each.keptAt());
        if (event.position().isAfter(known.position()) && each.covers(event, each.segment())) {
          long number = Math.max(known.number(), each.segment().base()) + 1;
          kept.put(each, new Count(number, event.position()));
        }
      }
    }
    return kept;
  }

  /** What other processes have purged since. */
  private static void refresh(Connection connection, Map<Long, LiveSubscription> concerned)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(KEPT)) {
      statement.setObject(1, concerned.keySet().stream().mapToLong(Long::longValue).toArray());
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          concerned
              .get(row.getLong(1))
              .kept(
                  new Count(
                      row.getLong(2), new Position(row.getInt(3), row.getLong(4), row.getLong(5))));
        }
      }
    }
  }

  private static void delete(Connection connection, Position last) throws SQLException {
    Rows.change(connection, DELETE, last.era(), Long.toString(last.xid()), last.seq());
  }
}
