// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes down how far every subscription has come, in one transaction for all. Several processes
 * write the same numbers; a smaller one never replaces a greater.
 */
final class Checkpoints {
  /** What one subscription has to have written. */
  record Entry(long self, Count count, Count delivered, Count kept, Instant seen, Segment segment) {
    static Entry of(LiveSubscription s) {
      return new Entry(
          s.row().self(), s.count(), s.deliveredAt(), s.keptAt(), s.seen(), s.segment());
    }
  }

  /** A number whose place is worth remembering. */
  record Mark(long self, Count count) {}

  private static final String COUNTS =
      """
      update subscription s
      set %1$s = v.number, %2$sera = v.era, %2$sxid = v.xid::xid8, %2$sseq = v.seq
      from unnest(?::bigint[], ?::bigint[], ?::smallint[], ?::text[], ?::bigint[]) v(self, number, era, xid, seq)
      where s.self = v.self and s.%1$s < v.number
      """;
  private static final String MARKS =
      """
      insert into subscription_mark (self, number, era, xid, seq)
      select v.self, v.number, v.era, v.xid::xid8, v.seq
      from unnest(?::bigint[], ?::bigint[], ?::smallint[], ?::text[], ?::bigint[]) v(self, number, era, xid, seq)
      join subscription s on s.self = v.self
      on conflict do nothing
      """;
  private static final String SEEN =
      """
      update subscription s set seen = v.seen
      from unnest(?::bigint[], ?::timestamptz[]) v(self, seen) where s.self = v.self and s.seen < v.seen
      """;
  private static final String BASES =
      """
      update subscription_segment g set base = v.base
      from unnest(?::bigint[], ?::smallint[], ?::text[], ?::bigint[]) v(self, era, xid, base)
      where g.self = v.self and g.era = v.era and g.xid = v.xid::xid8 and g.base is null
      """;
  private static final String POSITION =
      """
      insert into feed_position as p (era, xid, seq) values (?::smallint, ?::text::xid8, ?)
      on conflict (one) do update set era = excluded.era, xid = excluded.xid, seq = excluded.seq
      where (p.era, p.xid, p.seq) < (excluded.era, excluded.xid, excluded.seq)
      """;

  private Checkpoints() {}

  /** The place up to which all rows are right; {@link Position#NONE} in a new database. */
  static Position position(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select era, xid::text::bigint, seq from feed_position")) {
      return row.next()
          ? new Position(row.getInt(1), row.getLong(2), row.getLong(3))
          : Position.NONE;
    }
  }

  /** How many events of each have left the log. */
  static void kept(Connection connection, Map<Long, Count> kept) throws SQLException {
    counts(connection, COUNTS.formatted("kept", "kept_"), new TreeMap<>(kept));
  }

  /** Everything or nothing. Entries must hold all that changed up to the position. */
  static void write(Connection connection, Position position, List<Entry> entries, List<Mark> marks)
      throws SQLException {
    // The same order in every process: two batches cannot deadlock.
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::self));
    Database.transaction(
        connection,
        c -> {
          Map<Long, Count> counts = new LinkedHashMap<>();
          sorted.forEach(e -> counts.put(e.self(), e.count()));
          counts(connection, COUNTS.formatted("number", ""), counts);
          sorted.forEach(e -> counts.put(e.self(), e.delivered()));
          counts(connection, COUNTS.formatted("delivered", "delivered_"), counts);
          sorted.forEach(e -> counts.put(e.self(), e.kept()));
          counts(connection, COUNTS.formatted("kept", "kept_"), counts);
          seen(connection, sorted.stream().filter(e -> e.seen() != null).toList());
          bases(connection, sorted);
          for (Mark mark : marks) {
            counts(connection, MARKS, Map.of(mark.self(), mark.count()));
          }
          Rows.change(
              connection, POSITION, position.era(), Long.toString(position.xid()), position.seq());
          return sorted.size();
        });
  }

  private static void counts(Connection connection, String sql, Map<Long, Count> counts)
      throws SQLException {
    List<Map.Entry<Long, Count>> some =
        counts.entrySet().stream().filter(e -> e.getValue().number() > 0).toList();
    if (some.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, some.stream().mapToLong(Map.Entry::getKey).toArray());
      statement.setObject(2, some.stream().mapToLong(e -> e.getValue().number()).toArray());
      statement.setArray(
          3,
          connection.createArrayOf(
              "int2", some.stream().map(e -> (short) e.getValue().position().era()).toArray()));
      statement.setArray(
          4,
          connection.createArrayOf(
              "text",
              some.stream().map(e -> Long.toString(e.getValue().position().xid())).toArray()));
      statement.setObject(5, some.stream().mapToLong(e -> e.getValue().position().seq()).toArray());
      statement.executeUpdate();
    }
  }

  private static void seen(Connection connection, List<Entry> entries) throws SQLException {
    if (entries.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(SEEN)) {
      statement.setObject(1, entries.stream().mapToLong(Entry::self).toArray());
      statement.setArray(
          2,
          connection.createArrayOf(
              "timestamptz", entries.stream().map(e -> e.seen().toString()).toArray()));
      statement.executeUpdate();
    }
  }

  private static void bases(Connection connection, List<Entry> entries) throws SQLException {
    if (entries.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(BASES)) {
      statement.setObject(1, entries.stream().mapToLong(Entry::self).toArray());
      statement.setArray(
          2,
          connection.createArrayOf(
              "int2", entries.stream().map(e -> (short) e.segment().era()).toArray()));
      statement.setArray(
          3,
          connection.createArrayOf(
              "text", entries.stream().map(e -> Long.toString(e.segment().xid())).toArray()));
      statement.setObject(4, entries.stream().mapToLong(e -> e.segment().base()).toArray());
      statement.executeUpdate();
    }
  }
}
