// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.TestDatabase;
import dev.parley.config.Config;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/** Writes events in transactions that the test opens and ends as it likes. */
final class LogWriter implements AutoCloseable {
  final Connection connection;

  LogWriter(Config config) throws SQLException {
    connection = TestDatabase.connect(config);
    connection.setAutoCommit(false);
  }

  /** One event row of a Communication; the transaction stays open. */
  LogWriter write(String id, long... keys) throws SQLException {
    return write("Communication", "C", id, keys, null);
  }

  LogWriter write(String type, String kind, String id, long[] keys, long[] was)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            """
            insert into event (at, self, version, type, kind, id, keys, was)
            select now(), ?, 1, code, ?::text::"char", ?, ?, ? from resource_type where name = ?
            """)) {
      insert.setLong(1, Keys.self(type, id));
      insert.setString(2, kind);
      insert.setString(3, id);
      insert.setObject(4, keys);
      insert.setObject(5, was);
      insert.setString(6, type);
      insert.executeUpdate();
    }
    return this;
  }

  /** Takes a transaction id without writing anything. */
  LogWriter begin() throws SQLException {
    execute("select pg_current_xact_id()");
    return this;
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void commit() throws SQLException {
    connection.commit();
  }

  void rollback() throws SQLException {
    connection.rollback();
  }

  @Override
  public void close() throws SQLException {
    connection.rollback();
    connection.close();
  }
}
