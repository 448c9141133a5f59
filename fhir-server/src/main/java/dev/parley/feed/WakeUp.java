// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.config.Config;
import dev.parley.db.Rows;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Tells the tails of other processes that something was committed, and hears it from them. Sent
 * after the commit and merged: a NOTIFY inside the write transaction halved the commits. Not sent
 * while no other process listens; one that has just come is told within a second. Nothing depends
 * on it arriving; the tail polls as well.
 */
final class WakeUp implements AutoCloseable {
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
  private final Thread sender = new DaemonThreads("parley-notify").newThread(this::send);
  private final Thread listener = new DaemonThreads("parley-listen").newThread(this::listen);
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
    connections.untilClosed(
        "notify",
        () -> closed,
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
    connections.untilClosed(
        "listen",
        () -> closed,
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

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(sender);
    FeedConnections.end(listening);
  }
}
