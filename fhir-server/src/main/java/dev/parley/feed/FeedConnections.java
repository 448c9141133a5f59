// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections outside the pool, one per purpose: the tail must not wait behind requests, and LISTEN
 * belongs to its connection.
 */
public record FeedConnections(Config config) {
  private static final Logger LOG = LoggerFactory.getLogger(FeedConnections.class);
  private static final long FIRST_PAUSE = 100;
  private static final long LONGEST_PAUSE = 5_000;

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

  /** What is done with one for as long as it lasts. */
  public interface Work {
    void on(Connection connection) throws SQLException, InterruptedException;
  }

  /**
   * Does it with one connection after the other: where one breaks the next is opened, later and
   * later. Returns when it is closed, or interrupted.
   *
   * @param closed asked before each; the work asks it, too
   */
  public void untilClosed(String purpose, BooleanSupplier closed, Work work) {
    long pause = FIRST_PAUSE;
    while (!closed.getAsBoolean()) {
      try (Connection connection = open(purpose)) {
        pause = FIRST_PAUSE;
        work.on(connection);
      } catch (SQLException e) {
        if (!closed.getAsBoolean()) {
          LOG.debug("No connection ({}), next try in {} ms", purpose, pause, e);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
          pause = Math.min(2 * pause, LONGEST_PAUSE);
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Ends what waits on it, in whatever thread. */
  public static void end(Connection connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        LOG.debug("A connection did not close", e);
      }
    }
  }
}
