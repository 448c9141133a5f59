// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.feed.LiveSubscription.Progress;
import dev.parley.store.Visibility;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the tables {@code subscription}, {@code subscription_segment} and {@code _mark}. */
final class SubscriptionRows {
  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionRows.class);
  private static final String ROWS =
      """
      select s.*, s.xid::text::bigint x, s.delivered_xid::text::bigint delivered_x,
             s.kept_xid::text::bigint kept_x
      from subscription s where s.status <> 'off' and (?::bigint[] is null or s.self = any(?::bigint[]))
      """;
  private static final String SEGMENTS =
      """
      select g.self, g.era, g.xid::text::bigint x, g.start::text, g.matches, g.base
      from subscription_segment g where ?::bigint[] is null or g.self = any(?::bigint[])
      order by g.self, g.era, g.xid
      """;
  private static final String KEPT =
      """
      select s.kept, s.kept_era, s.kept_xid::text::bigint kept_x, s.kept_seq from subscription s where s.self = ?
      """;
  private static final String MARK =
      """
      select m.number, m.era, m.xid::text::bigint x, m.seq from subscription_mark m
      where m.self = ? and m.number <= ? order by m.number desc limit 1
      """;

  private final Criteria criteria;
  private final Visibility visibility;

  SubscriptionRows(Criteria criteria, Visibility visibility) {
    this.criteria = criteria;
    this.visibility = visibility;
  }

  /** Those of these resources that are running subscriptions; all if null. */
  Map<Long, LiveSubscription> load(Connection connection, long[] selfs) throws SQLException {
    Map<Long, List<Segment>> segments = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SEGMENTS)) {
      selfs(statement, selfs);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          List<Segment> its = segments.computeIfAbsent(row.getLong("self"), s -> new ArrayList<>());
          its.add(segment(row, its.isEmpty() ? null : its.get(its.size() - 1)));
        }
      }
    }
    Map<Long, LiveSubscription> found = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(ROWS)) {
      selfs(statement, selfs);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          long self = row.getLong("self");
          List<Segment> its = segments.get(self);
          if (its != null) {
            found.put(self, new LiveSubscription(row(row), its, progress(row), visibility));
          }
        }
      }
    }
    return found;
  }

  /** How many events have left the log, as another process may have written it. */
  Count kept(Connection connection, long self) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(KEPT)) {
      statement.setLong(1, self);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? count(row, "kept", "kept_") : Count.NONE;
      }
    }
  }

  /** The nearest remembered number at or below the given one. */
  Count mark(Connection connection, long self, long number) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(MARK)) {
      statement.setLong(1, self);
      statement.setLong(2, number);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? count(row, "number", "") : Count.NONE;
      }
    }
  }

  private static void selfs(PreparedStatement statement, long[] selfs) throws SQLException {
    for (int i = 1; i <= 2; i++) {
      if (selfs == null) {
        statement.setNull(i, java.sql.Types.ARRAY, "_int8");
      } else {
        statement.setObject(i, selfs);
      }
    }
  }

  private Segment segment(ResultSet row, Segment before) throws SQLException {
    int era = row.getInt("era");
    long base = row.getLong("base");
    Long known = row.wasNull() ? null : base;
    return new Segment(
        era,
        row.getLong("x"),
        Snapshot.parse(era, row.getString("start")),
        match(row.getString("matches"), row.getLong("self")),
        known,
        before);
  }

  private Match match(String text, long self) {
    try {
      return criteria.compile(text);
    } catch (RuntimeException e) {
      // Written by another release; it counts nothing rather than stopping everybody's feed.
      LOG.error("Subscription with key {} cannot be matched: {}", self, e.getMessage());
      return new Match((short) 0, "", new KeyFilter(List.of()), java.util.Set.of(), false);
    }
  }

  private static Progress progress(ResultSet row) throws SQLException {
    return new Progress(
        count(row, "number", ""),
        count(row, "delivered", "delivered_"),
        count(row, "kept", "kept_"));
  }

  private static Count count(ResultSet row, String number, String prefix) throws SQLException {
    return new Count(
        row.getLong(number),
        new Position(
            row.getInt(prefix + "era"), row.getLong(prefix + "x"), row.getLong(prefix + "seq")));
  }

  private static SubscriptionRow row(ResultSet row) throws SQLException {
    Array headers = row.getArray("headers");
    Timestamp ends = row.getTimestamp("ends");
    return new SubscriptionRow(
        row.getString("id"),
        row.getString("owner"),
        row.getString("client"),
        row.getString("scopes"),
        row.getString("patient"),
        row.getString("topic"),
        row.getString("criteria"),
        row.getBoolean("backport"),
        row.getString("channel"),
        row.getString("endpoint"),
        List.of((String[]) headers.getArray()),
        row.getString("mime"),
        row.getString("content"),
        row.getObject("heartbeat", Integer.class),
        row.getObject("timeout", Integer.class),
        row.getInt("max_count"),
        row.getString("status"),
        row.getString("error"),
        ends == null ? null : ends.toInstant());
  }
}
