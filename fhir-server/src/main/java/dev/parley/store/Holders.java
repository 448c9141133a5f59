// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Set;

/** Who somebody is at a moment: themselves, and the roles, teams and pools that they are in. */
public final class Holders {
  private static final String ALL = "select holders(?, ?)";
  private static final String ONE = "select ? in (select holders(?, ?))";

  private Holders() {}

  /** The selfs of all. */
  public static Set<Long> of(Connection connection, String person, Instant now)
      throws SQLException {
    Set<Long> selves = new HashSet<>();
    try (PreparedStatement query = connection.prepareStatement(ALL)) {
      query.setLong(1, Keys.of(person));
      query.setObject(2, now.atOffset(ZoneOffset.UTC));
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          selves.add(row.getLong(1));
        }
      }
    }
    return selves;
  }

  /** Whether somebody is in a role, team or pool; each is in themselves. */
  public static boolean isIn(Connection connection, String person, String pool, Instant now)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(ONE)) {
      query.setLong(1, Keys.of(pool));
      query.setLong(2, Keys.of(person));
      query.setObject(3, now.atOffset(ZoneOffset.UTC));
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}
