// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.config.Config;
import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the tails of other processes that something was committed, and hears it from them. Sent
 * after the commit and merged: a NOTIFY inside the write transaction halved the commits. Not sent
 * while no other process listens; one that has just come is told within a second. Nothing depends
 * on it arriving; the tail polls as well.
 */
final class WakeUp implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WakeUp.class);

  /** The first of a burst goes out at once, those behind it together. */
  private static final long MERGE_NANOS = 5_000_000;

  private static final int LISTEN_MILLIS = 10_000;

  /** So often it is looked whether there is anybody to tell. */
  private static final long LOOK_NANOS = 1_000_000_000;

  private static final String OTHERS =
      """
      select exists (select from pg_stat_activity
                     where datname = current_database() and application_name = 'parley listen' and pid <> ?)""";

  private final FeedConnections connections;
  private final Runnable heard;
  private final Thread sender = thread("parley-notify", this::send);
  private final Thread listener = thread("parley-listen", this::listen);
  private volatile int ownBackend;
  private volatile int ownListener;
  private volatile Connection listening;
  private volatile boolean due;
  private volatile boolean closed;

  WakeUp(Config config, Runnable heard) {
    this.connections = new FeedConnections(config);
    this.heard = heard;
  }

  void start() {
    sender.start();
    listener.start();
  }

  /** After a commit of this process. */
  void committed() {
    if (!due) {
      due = true;
      LockSupport.unpark(sender);
    }
  }

  private void send() {
    untilClosed(
        "notify",
        connection -> {
          ownBackend = connection.unwrap(PGConnection.class).getBackendPID();
          try (Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = off");
            long looked = System.nanoTime() - LOOK_NANOS;
            boolean others = true;
            while (!closed) {
              if (due) {
                due = false;
                if (System.nanoTime() - looked >= LOOK_NANOS) {
                  others = others(connection);
                  looked = System.nanoTime();
                }
                if (others) {
                  statement.execute("notify parley_event");
                }
                LockSupport.parkNanos(MERGE_NANOS);
              } else {
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(30));
              }
            }
          }
        });
  }

  /** A NOTIFY that only its own process hears costs as much as one that is needed. */
  private boolean others(Connection connection) throws SQLException {
    return Rows.one(connection, OTHERS, row -> row.getBoolean(1), ownListener);
  }

  private void listen() {
    untilClosed(
        "listen",
        connection -> {
          listening = connection;
          ownListener = connection.unwrap(PGConnection.class).getBackendPID();
          try (Statement statement = connection.createStatement()) {
            statement.execute("listen parley_event");
          }
          heard.run();
          PGConnection postgres = connection.unwrap(PGConnection.class);
          while (!closed) {
            PGNotification[] notifications = postgres.getNotifications(LISTEN_MILLIS);
            if (notifications != null
                && Arrays.stream(notifications).anyMatch(n -> n.getPID() != ownBackend)) {
              heard.run();
            }
          }
        });
  }

  private interface Work {
    void on(Connection connection) throws SQLException;
  }

  private void untilClosed(String purpose, Work work) {
    long pause = 100;
    while (!closed) {
      try (Connection connection = connections.open(purpose)) {
        pause = 100;
        work.on(connection);
      } catch (SQLException e) {
        if (!closed) {
          LOG.debug("No wake-ups ({}), next try in {} ms", purpose, pause, e);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
          pause = Math.min(2 * pause, 5_000);
        }
      }
    }
  }

  private static Thread thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(sender);
    Connection connection = listening;
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        LOG.debug("The listening connection did not close", e);
      }
    }
  }
}
