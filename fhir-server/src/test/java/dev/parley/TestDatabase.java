// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Migrations;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One real PostgreSQL per JVM; every caller of {@link #fresh()} gets a database of its own in it.
 */
public final class TestDatabase {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final String MIGRATED = "migrated";
  private static final String WRITTEN =
      """
      select tablename from pg_tables where schemaname = 'public'
        and tablename !~ '^(audit|event|feed|ended_login|login_session|parley_state|resource_type|scheduled_tasks|flyway|text_language)'""";
  private static EmbeddedPostgres postgres;
  private static boolean migrated;

  private TestDatabase() {}

  /** The server; the library stops it and removes its folder when the JVM ends. */
  public static synchronized EmbeddedPostgres postgres() {
    if (postgres == null) {
      try {
        postgres =
            EmbeddedPostgres.builder()
                .setServerConfig("max_connections", "200")
                // The library turns them off; Parley does not start without them.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("timezone", "Pacific/Chatham")
                .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return postgres;
  }

  /** Settings over a new, empty database, on a free port. */
  public static Config fresh() {
    return fresh(Map.of());
  }

  public static Config fresh(Map<String, String> settings) {
    migrated();
    String name = "test_" + NUMBER.incrementAndGet();
    execute("create database " + name + " template " + MIGRATED);
    Map<String, String> all = settings(name);
    all.putAll(settings);
    return Config.from(all);
  }

  /** Settings over a copy of a database that nobody is connected to. */
  public static Config copy(Config config) {
    String of = config.text(Setting.PARLEY_JDBC_URL).replaceAll(".*/", "");
    String name = "test_" + NUMBER.incrementAndGet();
    execute("create database " + name + " template " + of);
    return config.with(Setting.PARLEY_JDBC_URL, url(name));
  }

  /** Migrations run once for all: a copy takes a tenth of the time. */
  private static synchronized void migrated() {
    if (!migrated) {
      execute("create database " + MIGRATED);
      Migrations.of(Config.from(settings(MIGRATED))).run();
      migrated = true;
    }
  }

  private static Map<String, String> settings(String database) {
    Map<String, String> settings = new HashMap<>();
    settings.put("PARLEY_PORT", "0");
    settings.put("PARLEY_INSECURE_NO_LOGIN", "true");
    settings.put("PARLEY_JDBC_URL", url(database));
    settings.put("PARLEY_JDBC_USER", "postgres");
    return settings;
  }

  public static Connection connect(Config config) throws SQLException {
    return DriverManager.getConnection(config.text(Setting.PARLEY_JDBC_URL), "postgres", "");
  }

  private static String url(String database) {
    return "jdbc:postgresql://localhost:" + postgres().getPort() + "/" + database;
  }

  private static void execute(String sql) {
    try (Connection connection = DriverManager.getConnection(url("postgres"), "postgres", "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Takes everything out that anybody has written, but not what the running server goes by: the
   * log, the trail, logins, what comes due again and again. Deleting is quicker than a new server
   * by far.
   */
  static void empty(Config config, Instant now) {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement()) {
      StringBuilder all = new StringBuilder("set local session_replication_role = replica;");
      try (ResultSet table = statement.executeQuery(WRITTEN)) {
        while (table.next()) {
          all.append("delete from ").append(table.getString(1)).append(';');
        }
      }
      all.append("delete from scheduled_tasks where task_instance <> 'recurring';");
      // The clock may have been turned back.
      all.append(
          "update scheduled_tasks set execution_time = '%1$s' where execution_time > '%1$s'"
              .formatted(now));
      connection.setAutoCommit(false);
      statement.execute(all.toString());
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Meanwhile what writes into a table fails, as in a database that has turned read-only. */
  public static void readOnly(Config config, String table, Runnable meanwhile) {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          create or replace function read_only() returns trigger language plpgsql as
            $$ begin raise exception 'read-only' using errcode = '25006'; end $$""");
      statement.execute(
          "create trigger read_only before insert or update on %s for each statement execute function read_only()"
              .formatted(table));
      try {
        meanwhile.run();
      } finally {
        statement.execute("drop trigger read_only on " + table);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
