// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

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

/**
 * Single statements with the values of their {@code ?}: texts, numbers, booleans, {@link Instant}s,
 * long[] and String[]; null for none.
 */
public final class Rows {
  private Rows() {}

  /** What is made of a row. */
  public interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }

  public static <T> List<T> list(Connection connection, String sql, Row<T> row, Object... values)
      throws SQLException {
    try (PreparedStatement query = prepared(connection, sql, values);
        ResultSet rows = query.executeQuery()) {
      List<T> list = new ArrayList<>();
      while (rows.next()) {
        list.add(row.of(rows));
      }
      return list;
    }
  }

  /** The first row, if there is one. */
  public static <T> Optional<T> first(
      Connection connection, String sql, Row<T> row, Object... values) throws SQLException {
    try (PreparedStatement query = prepared(connection, sql, values);
        ResultSet rows = query.executeQuery()) {
      return rows.next() ? Optional.ofNullable(row.of(rows)) : Optional.empty();
    }
  }

  /** Of a query that always gives a row. */
  public static <T> T one(Connection connection, String sql, Row<T> row, Object... values)
      throws SQLException {
    try (PreparedStatement query = prepared(connection, sql, values);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      return row.of(rows);
    }
  }

  /**
   * Runs what gives no rows, or none that matter.
   *
   * @return how many rows it has written
   */
  public static int change(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = prepared(connection, sql, values)) {
      statement.execute();
      return statement.getUpdateCount();
    }
  }

  /** A moment of a column, or null. */
  public static Instant time(ResultSet row, int column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /** The ends of time are PostgreSQL's infinities. */
  private static OffsetDateTime time(Instant at) {
    return at.equals(Instant.MIN)
        ? OffsetDateTime.MIN
        : at.equals(Instant.MAX) ? OffsetDateTime.MAX : at.atOffset(ZoneOffset.UTC);
  }

  private static PreparedStatement prepared(Connection connection, String sql, Object... values)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i] instanceof Instant at ? time(at) : values[i]);
    }
    return statement;
  }
}
