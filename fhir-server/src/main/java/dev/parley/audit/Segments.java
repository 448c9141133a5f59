// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.audit.Seal.Segment;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads and writes {@code audit_segment}. */
final class Segments {
  private static final String COLUMNS =
      "number, month, began, ended, entries, content, keyed, seal, purged";

  private Segments() {}

  /** The newest; empty before anything was sealed. */
  static Optional<Segment> last(Connection connection) throws SQLException {
    String sql = "select " + COLUMNS + " from audit_segment order by number desc limit 1";
    try (PreparedStatement query = connection.prepareStatement(sql);
        ResultSet row = query.executeQuery()) {
      return row.next() ? Optional.of(read(row)) : Optional.empty();
    }
  }

  /** At most so many after a number, in order. */
  static List<Segment> after(Connection connection, long number, int limit) throws SQLException {
    String sql =
        "select " + COLUMNS + " from audit_segment where number > ? order by number limit ?";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, number);
      query.setInt(2, limit);
      try (ResultSet row = query.executeQuery()) {
        List<Segment> segments = new ArrayList<>();
        while (row.next()) {
          segments.add(read(row));
        }
        return segments;
      }
    }
  }

  static void insert(Connection connection, Segment segment) throws SQLException {
    String sql =
        "insert into audit_segment (number, month, began, ended, entries, content, keyed, seal)"
            + " values (?, ?, ?, ?, ?, ?, ?, ?)";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      insert.setLong(1, segment.number());
      insert.setInt(2, segment.month());
      insert.setObject(3, segment.began().atOffset(ZoneOffset.UTC));
      insert.setObject(4, segment.ended().atOffset(ZoneOffset.UTC));
      insert.setInt(5, segment.entries());
      insert.setBytes(6, segment.content());
      insert.setBoolean(7, segment.keyed());
      insert.setBytes(8, segment.seal());
      insert.executeUpdate();
    }
  }

  private static Segment read(ResultSet row) throws SQLException {
    OffsetDateTime purged = row.getObject("purged", OffsetDateTime.class);
    return new Segment(
        row.getLong("number"),
        row.getInt("month"),
        instant(row, "began"),
        instant(row, "ended"),
        row.getInt("entries"),
        row.getBytes("content"),
        row.getBoolean("keyed"),
        row.getBytes("seal"),
        purged == null ? null : purged.toInstant());
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
