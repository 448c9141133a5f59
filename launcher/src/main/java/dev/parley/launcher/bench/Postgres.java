// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.StringJoiner;

/** What the measured server's database says of itself. */
final class Postgres {
  private static final List<String> SETTINGS =
      List.of(
          "server_version",
          "fsync",
          "synchronous_commit",
          "full_page_writes",
          "wal_compression",
          "wal_level",
          "shared_buffers",
          "checkpoint_timeout",
          "max_wal_size");

  private Postgres() {}

  static Connection connect(Config config) throws SQLException {
    Properties properties = new Properties();
    properties.put("user", config.text(Setting.PARLEY_JDBC_USER));
    properties.put("password", config.text(Setting.PARLEY_JDBC_PASSWORD));
    properties.put("prepareThreshold", "1");
    properties.put("ApplicationName", "parley bench");
    properties.put("options", "-c plan_cache_mode=force_generic_plan");
    return DriverManager.getConnection(config.text(Setting.PARLEY_JDBC_URL), properties);
  }

  /** The postmaster's process: the parent of whoever serves a connection; 0 if it is elsewhere. */
  static long postmaster(Config config) {
    try (Connection connection = connect(config)) {
      long parent = Machine.parent(number(connection, "select pg_backend_pid()")).orElse(0L);
      String name = ProcessHandle.of(parent).flatMap(p -> p.info().command()).orElse("postgres");
      return name.endsWith("postgres") ? parent : 0;
    } catch (SQLException e) {
      return 0;
    }
  }

  /** Bytes of all tables, their indexes and what lies outside their rows. */
  static long bytes(Config config) throws SQLException {
    try (Connection connection = connect(config)) {
      return number(
          connection,
          "select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
              + " where n.nspname = 'public' and c.relkind in ('r', 'm')");
    }
  }

  /** Bytes of each table with its indexes, the largest first. */
  static String largest(Config config) throws SQLException {
    StringJoiner words = new StringJoiner(", ");
    String sql =
        "select relname, pg_total_relation_size(oid) from pg_class"
            + " where relkind in ('r', 'i') and relnamespace = 'public'::regnamespace order by 2 desc limit 8";
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        words.add("%s %.1f MB".formatted(row.getString(1), row.getLong(2) / 1e6));
      }
    }
    return words.toString();
  }

  /** Whether an acknowledged write can be lost, and what else matters to speed. */
  static String settings(Config config) throws SQLException {
    StringJoiner words = new StringJoiner(", ");
    try (Connection connection = connect(config);
        PreparedStatement statement =
            connection.prepareStatement("select current_setting(?, true)")) {
      for (String setting : SETTINGS) {
        statement.setString(1, setting);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          words.add(setting + "=" + row.getString(1));
        }
      }
    }
    return words.toString();
  }

  /** Brings statistics up to date, as autovacuum does within minutes. */
  static void analyze(Config config) throws SQLException {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement()) {
      statement.execute("set statement_timeout = 0");
      statement.execute("vacuum analyze");
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
