// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/** Which of some resources a caller may see, deleted ones included. */
public final class Visible {
  private Visible() {}

  /**
   * The selfs of those.
   *
   * @param condition of {@link Visibility#condition} over {@code r}
   */
  public static Set<Long> among(Connection connection, long[] selfs, Sql condition)
      throws SQLException {
    Sql query =
        Sql.of(
            "select r.self from resource r where r.self = any(:selfs) and (:visible)",
            "selfs",
            selfs,
            "visible",
            condition);
    Set<Long> visible = new HashSet<>();
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        visible.add(row.getLong(1));
      }
    }
    return visible;
  }
}
