// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.sql.DataSource;
import org.hibernate.SessionFactory;
import org.hibernate.StatelessSession;
import org.hibernate.cfg.Configuration;

/** The connection pool, the migrated schema and the Hibernate session factory over it. */
public final class Database implements AutoCloseable {
  /**
   * How connections plan what they have prepared: once. Left to itself PostgreSQL plans a page of a
   * thread anew each time, which takes three times as long as reading it.
   */
  public static final String PLANS = "force_generic_plan";

  private final HikariDataSource pool;
  private final SessionFactory sessions;

  private Database(HikariDataSource pool, SessionFactory sessions) {
    this.pool = pool;
    this.sessions = sessions;
  }

  /**
   * Connects, brings the schema up to date and maps the given row classes.
   *
   * @throws UnusableDatabase if it cannot be reached, or could lose what it acknowledges
   */
  public static Database open(Config config, List<Class<?>> rows) {
    HikariConfig hikari = new HikariConfig();
    hikari.setJdbcUrl(config.text(Setting.PARLEY_JDBC_URL));
    hikari.setUsername(config.text(Setting.PARLEY_JDBC_USER));
    hikari.setPassword(config.text(Setting.PARLEY_JDBC_PASSWORD));
    hikari.setMaximumPoolSize(config.number(Setting.PARLEY_JDBC_CONNECTIONS));
    hikari.setPoolName("parley");
    hikari.setConnectionTimeout(5_000);
    // A plan is prepared at its first use: every hot statement is run thousands of times.
    hikari.addDataSourceProperty("prepareThreshold", "1");
    hikari.addDataSourceProperty("reWriteBatchedInserts", "true");
    hikari.addDataSourceProperty("ApplicationName", "parley");
    // A detail may quote a row, and exceptions are logged.
    hikari.addDataSourceProperty("logServerErrorDetail", "false");
    // A transaction left open would hold the feed of everybody; a query without end, a connection.
    hikari.setConnectionInitSql(
        "set statement_timeout = '60s'; set idle_in_transaction_session_timeout = '30s';"
            + " set plan_cache_mode = "
            + PLANS);
    HikariDataSource pool = connect(hikari);
    try {
      Durability.check(pool);
      Migrations.of(config).run();
      return new Database(pool, sessions(pool, rows));
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  private static HikariDataSource connect(HikariConfig hikari) {
    try {
      return new HikariDataSource(hikari);
    } catch (HikariPool.PoolInitializationException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new UnusableDatabase("cannot connect to the database: " + cause.getMessage(), e);
    } catch (RuntimeException e) {
      // An address that no driver takes.
      throw new UnusableDatabase("cannot connect to the database: " + e.getMessage(), e);
    }
  }

  private static SessionFactory sessions(DataSource pool, List<Class<?>> rows) {
    Configuration hibernate = new Configuration();
    rows.forEach(hibernate::addAnnotatedClass);
    hibernate
        .getProperties()
        .putAll(
            Map.of(
                "hibernate.connection.datasource",
                pool,
                "hibernate.connection.provider_disables_autocommit",
                false,
                "hibernate.boot.allow_jdbc_metadata_access",
                true,
                "hibernate.jdbc.time_zone",
                "UTC"));
    return hibernate.buildSessionFactory();
  }

  /** What is asked of a connection. */
  public interface Reading<T> {
    T from(Connection connection) throws SQLException;
  }

  /** What is done with a connection. */
  public interface Work {
    void with(Connection connection) throws SQLException;
  }

  /**
   * Asks over a connection of its own, auto-commit on: each statement sees what is committed by
   * then.
   *
   * @throws SqlFailure for every {@link SQLException}
   */
  public <T> T with(Reading<T> reading) {
    try (Connection connection = connection()) {
      return reading.from(connection);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  /**
   * The same where nothing comes back; each statement is its own transaction.
   *
   * @throws SqlFailure for every {@link SQLException}
   */
  public void run(Work work) {
    with(
        connection -> {
          work.with(connection);
          return null;
        });
  }

  /** All of it or nothing, over a connection with auto-commit on, which it is again afterwards. */
  public static <T> T transaction(Connection connection, Reading<T> work) throws SQLException {
    connection.setAutoCommit(false);
    try {
      T done = work.from(connection);
      connection.commit();
      return done;
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  /** Runs reads and single statements: each one is its own transaction. */
  public <T> T read(Function<StatelessSession, T> work) {
    try (StatelessSession session = sessions.openStatelessSession()) {
      return work.apply(session);
    }
  }

  /** Runs work in one transaction, READ COMMITTED; any exception rolls it back. */
  public <T> T write(Function<StatelessSession, T> work) {
    return sessions.fromStatelessTransaction(work);
  }

  /**
   * A plain connection, auto-commit on: for the log's tail, COPY and statements of one round trip.
   */
  public Connection connection() throws SQLException {
    return pool.getConnection();
  }

  public DataSource dataSource() {
    return pool;
  }

  @Override
  public void close() {
    sessions.close();
    pool.close();
  }
}
