// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads the table {@code event} in its one order: era, transaction, sequence. */
final class EventLog {
  private static final String COLUMNS =
      """
      e.era, e.xid::text::bigint as x, e.seq, e.at, e.self, e.thread, e.version, e.type,
      e.kind::text as k, e.id, e.keys, e.was, e.audience""";

  // Whether rows wait is asked of the newest row: "is there one" would be answered by reading the
  // whole table, because so many rows look as if they could be it.
  // The row comparison keeps earlier eras wholly below the horizon, and is a range of the primary
  // key. Sorted by the columns themselves: their text forms would sort "10" before "9".
  private static final String NEXT =
      """
      select h.horizon::text::bigint as horizon, h.pending, %s
      from (select pg_snapshot_xmin(s) as horizon,
                   coalesce(
                     (select (p.era, p.xid) >= (?::smallint, pg_snapshot_xmin(s))
                      from event p order by p.era desc, p.xid desc limit 1), false) as pending
            from (select pg_current_snapshot() as s offset 0) now) h
      left join lateral (
        select * from event e
        where (e.era, e.xid, e.seq) > (?::smallint, ?::text::xid8, ?)
          and (e.era, e.xid) < (?::smallint, h.horizon)
        order by e.era, e.xid, e.seq limit ?) e on true
      order by e.era, e.xid, e.seq
      """
          .formatted(COLUMNS);

  private static final String BETWEEN =
      """
      select %s from event e
      where (e.era, e.xid, e.seq) > (?::smallint, ?::text::xid8, ?)
        and (e.era, e.xid, e.seq) <= (?::smallint, ?::text::xid8, ?)
        and (?::smallint is null or e.type = ?::smallint)
        and (?::bigint[] is null or e.keys && ?::bigint[] or e.was && ?::bigint[])
      order by e.era, e.xid, e.seq limit ?
      """
          .formatted(COLUMNS);

  private EventLog() {}

  /**
   * Events below the horizon, under which nothing can appear any more.
   *
   * @param horizon the oldest transaction of the cluster that may still write
   * @param pending whether rows wait at or above the horizon
   */
  record Page(List<Event> events, long horizon, boolean pending) {}

  static Page next(Connection connection, int era, Position after, int limit) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(NEXT)) {
      statement.setInt(1, era);
      place(statement, 2, after);
      statement.setInt(5, era);
      statement.setInt(6, limit);
      try (ResultSet rows = statement.executeQuery()) {
        List<Event> events = new ArrayList<>();
        long horizon = 0;
        boolean pending = false;
        while (rows.next()) {
          horizon = rows.getLong("horizon");
          pending = rows.getBoolean("pending");
          if (rows.getString("id") != null) {
            events.add(event(rows));
          }
        }
        return new Page(events, horizon, pending);
      }
    }
  }

  /**
   * Events after one place up to another, which must lie below the horizon.
   *
   * @param type only of this type, or null
   * @param anyKey only those that have or had one of these keys, or null
   */
  static List<Event> between(
      Connection connection, Position after, Position upTo, Short type, long[] anyKey, int limit)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(BETWEEN)) {
      place(statement, 1, after);
      place(statement, 4, upTo);
      statement.setObject(7, type, java.sql.Types.SMALLINT);
      statement.setObject(8, type, java.sql.Types.SMALLINT);
      for (int i = 9; i <= 11; i++) {
        if (anyKey == null) {
          statement.setNull(i, java.sql.Types.ARRAY, "_int8");
        } else {
          statement.setObject(i, anyKey);
        }
      }
      statement.setInt(12, limit);
      try (ResultSet rows = statement.executeQuery()) {
        List<Event> events = new ArrayList<>();
        while (rows.next()) {
          events.add(event(rows));
        }
        return events;
      }
    }
  }

  private static void place(PreparedStatement statement, int index, Position position)
      throws SQLException {
    statement.setInt(index, position.era());
    statement.setString(index + 1, Long.toString(position.xid()));
    statement.setLong(index + 2, position.seq());
  }

  private static Event event(ResultSet row) throws SQLException {
    long thread = row.getLong("thread");
    Long inThread = row.wasNull() ? null : thread;
    return new Event(
        new Position(row.getInt("era"), row.getLong("x"), row.getLong("seq")),
        row.getTimestamp("at").toInstant(),
        row.getLong("self"),
        inThread,
        row.getInt("version"),
        row.getShort("type"),
        Change.Kind.of(row.getString("k").charAt(0)),
        row.getString("id"),
        sorted(row.getArray("keys")),
        sorted(row.getArray("was")),
        sorted(row.getArray("audience")));
  }

  private static long[] sorted(Array array) throws SQLException {
    if (array == null) {
      return new long[0];
    }
    long[] keys =
        Arrays.stream((Long[]) array.getArray()).mapToLong(Long::longValue).sorted().toArray();
    return keys;
  }
}
