// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Reads back from the server whether a write that it acknowledges is a write that it keeps. */
public final class Durability {
  private static final int OLDEST = 15;

  private Durability() {}

  /**
   * Looks at the version and the settings of the server as a connection of ours meets them.
   *
   * @throws UnusableDatabase naming each setting that could lose an acknowledged write or stop the
   *     feed, and what it has to be
   */
  public static void check(DataSource database) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      int major = connection.getMetaData().getDatabaseMajorVersion();
      if (major < OLDEST) {
        throw new UnusableDatabase(
            "the database is PostgreSQL %d; Parley needs %d or newer".formatted(major, OLDEST));
      }
      List<String> wrong = new ArrayList<>();
      expect(statement, "fsync", "on", wrong);
      expect(statement, "full_page_writes", "on", wrong);
      expect(statement, "max_prepared_transactions", "0", wrong);
      String commit = value(statement, "synchronous_commit");
      if (commit.equals("off")) {
        wrong.add("synchronous_commit is off, must be on");
      }
      if (!wrong.isEmpty()) {
        throw new UnusableDatabase(
            "the database could lose what it acknowledged: " + String.join("; ", wrong));
      }
    } catch (SQLException e) {
      throw new UnusableDatabase("the database cannot be asked: " + e.getMessage(), e);
    }
  }

  private static void expect(
      Statement statement, String setting, String expected, List<String> wrong)
      throws SQLException {
    String value = value(statement, setting);
    if (!value.equals(expected)) {
      wrong.add("%s is %s, must be %s".formatted(setting, value, expected));
    }
  }

  private static String value(Statement statement, String setting) throws SQLException {
    try (ResultSet rows = statement.executeQuery("show " + setting)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
