// SPDX-License-Identifier: Apache-2.0
package dev.parley.presence;

import dev.parley.config.Config;
import dev.parley.feed.FeedConnections;
import dev.parley.thread.DaemonThreads;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries signs to all processes, this one included, by NOTIFY. Nothing is kept: what does not fit
 * or comes while the database is away is dropped, and counted.
 */
public final class Signs implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Signs.class);
  private static final String CHANNEL = "parley_sign";
  private static final int WAITING = 256;

  /** Of those that come together: the rest is too much at once. */
  private static final int AT_ONCE = 100;

  private static final int LISTEN_MILLIS = 5_000;

  private final FeedConnections connections;
  private final Consumer<Sign> heard;
  private final Counter dropped;
  private final BlockingQueue<Sign> waiting = new ArrayBlockingQueue<>(WAITING);
  private final Thread sender = new DaemonThreads("parley-sign-out").newThread(this::send);
  private final Thread listener = new DaemonThreads("parley-sign-in").newThread(this::listen);
  private volatile Connection listening;
  private volatile boolean closed;

  /**
   * @param heard called on one thread for every sign of every process
   */
  public Signs(Config config, Consumer<Sign> heard, MeterRegistry meters) {
    this.connections = new FeedConnections(config);
    this.heard = heard;
    this.dropped =
        Counter.builder("parley.presence.dropped")
            .description("signs of presence and typing that were not passed on")
            .register(meters);
  }

  public void start() {
    sender.start();
    listener.start();
  }

  /** Never blocks. */
  public void send(Sign sign) {
    if (!waiting.offer(sign)) {
      drop(1);
    }
  }

  /** Counts what somebody left out. */
  public void drop(int count) {
    dropped.increment(count);
  }

  private void send() {
    connections.untilClosed(
        "sign-out",
        () -> closed,
        connection -> {
          try (Statement setting = connection.createStatement();
              PreparedStatement notify =
                  connection.prepareStatement("select pg_notify('" + CHANNEL + "', ?)")) {
            setting.execute("set synchronous_commit = off");
            while (!closed) {
              Sign sign = waiting.poll(1, TimeUnit.SECONDS);
              if (sign != null) {
                notify.setString(1, sign.text());
                notify.execute();
              }
            }
          }
        });
  }

  private void listen() {
    connections.untilClosed(
        "sign-in",
        () -> closed,
        connection -> {
          listening = connection;
          try (Statement statement = connection.createStatement()) {
            statement.execute("listen " + CHANNEL);
          }
          PGConnection postgres = connection.unwrap(PGConnection.class);
          while (!closed) {
            PGNotification[] together = postgres.getNotifications(LISTEN_MILLIS);
            for (int i = 0; together != null && i < together.length; i++) {
              if (i < AT_ONCE) {
                Sign.parse(together[i].getParameter()).ifPresent(this::pass);
              } else {
                drop(1);
              }
            }
          }
        });
  }

  private void pass(Sign sign) {
    try {
      heard.accept(sign);
    } catch (RuntimeException e) {
      drop(1);
      LOG.debug("A sign was not passed on", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    sender.interrupt();
    FeedConnections.end(listening);
  }
}
