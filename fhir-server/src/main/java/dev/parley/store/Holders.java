// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;

/** Who somebody is at a moment: themselves, and the roles, teams and pools that they are in. */
public final class Holders {
  private static final String ALL = "select holders(?, ?)";
  private static final String ONE = "select ? in (select holders(?, ?))";

  private Holders() {}

  /** The selfs of all. */
  public static Set<Long> of(Connection connection, String person, Instant now)
      throws SQLException {
    return Set.copyOf(Rows.list(connection, ALL, row -> row.getLong(1), Keys.of(person), now));
  }

  /** Whether somebody is in a role, team or pool; each is in themselves. */
  public static boolean isIn(Connection connection, String person, String pool, Instant now)
      throws SQLException {
    return Rows.one(connection, ONE, row -> row.getBoolean(1), Keys.of(pool), Keys.of(person), now);
  }
}
