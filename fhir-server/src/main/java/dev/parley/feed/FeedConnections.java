// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/**
 * Connections outside the pool, one per purpose: the tail must not wait behind requests, and LISTEN
 * belongs to its connection.
 */
public record FeedConnections(Config config) {
  /** A new connection; its purpose shows in pg_stat_activity. */
  public Connection open(String purpose) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", config.text(Setting.PARLEY_JDBC_USER));
    properties.setProperty("password", config.text(Setting.PARLEY_JDBC_PASSWORD));
    properties.setProperty("ApplicationName", "parley " + purpose);
    properties.setProperty("prepareThreshold", "1");
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("connectTimeout", "5");
    // A database that went away without a word must not hold the feed for ever.
    properties.setProperty("socketTimeout", "60");
    Connection connection =
        DriverManager.getConnection(config.text(Setting.PARLEY_JDBC_URL), properties);
    // The tail asks the same hundreds of times a second, and its way is always the primary key.
    try (Statement statement = connection.createStatement()) {
      statement.execute("set plan_cache_mode = force_generic_plan; set enable_seqscan = off");
    }
    return connection;
  }
}
