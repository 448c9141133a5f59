// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
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
    List<Event> old = new ArrayList<>();
    for (Event event : EventLog.between(connection, Position.NONE, upTo, null, null, CHUNK)) {
      if (!event.at().isBefore(before)) {
        break;
      }
      old.add(event);
    }
    if (old.isEmpty()) {
      return 0;
    }
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
    connection.setAutoCommit(false);
    try {
      Map<Long, Count> rows = new HashMap<>();
      kept.forEach((subscription, count) -> rows.put(subscription.row().self(), count));
      Checkpoints.kept(connection, rows);
      delete(connection, old.get(old.size() - 1).position());
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
    kept.forEach(LiveSubscription::kept);
    return old.size();
  }

  private static void delete(Connection connection, Position last) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(DELETE)) {
      statement.setInt(1, last.era());
      statement.setString(2, Long.toString(last.xid()));
      statement.setLong(3, last.seq());
      statement.executeUpdate();
    }
  }
}
