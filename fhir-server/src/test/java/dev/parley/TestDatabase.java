// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One real PostgreSQL per JVM; every caller of {@link #fresh()} gets a database of its own in it.
 */
public final class TestDatabase {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static EmbeddedPostgres postgres;

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
    String name = "test_" + NUMBER.incrementAndGet();
    execute("postgres", "create database " + name);
    Map<String, String> all = new HashMap<>();
    all.put("PARLEY_PORT", "0");
    all.put("PARLEY_INSECURE_NO_LOGIN", "true");
    all.put("PARLEY_JDBC_URL", url(name));
    all.put("PARLEY_JDBC_USER", "postgres");
    all.putAll(settings);
    return Config.from(all);
  }

  public static Connection connect(Config config) throws SQLException {
    return DriverManager.getConnection(config.text(Setting.PARLEY_JDBC_URL), "postgres", "");
  }

  private static String url(String database) {
    return "jdbc:postgresql://localhost:" + postgres().getPort() + "/" + database;
  }

  private static void execute(String database, String sql) {
    try (Connection connection = DriverManager.getConnection(url(database), "postgres", "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
