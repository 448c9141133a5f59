// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Database;
import dev.parley.db.Rows;
import dev.parley.store.Deliveries;
import dev.parley.thread.DaemonThreads;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which subscriptions have a client at this process: written down before the first event goes out
 * to it, all that come at one moment in one statement, and taken back when the audit rows of what
 * it was sent are durable. What is left by a process that has died is for {@link Aftermath}.
 */
final class Listeners implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
  private static final long TICK_MILLIS = 1_000;

  // Shared: after a broken connection the server may not know yet that the former one is gone.
  private static final String ALIVE =
      """
      with held as (select pg_advisory_lock_shared(?))
      insert into feed_process (process) select ? from held on conflict do nothing""";
  // This process may have been taken for dead while its connection was broken.
  private static final String COME =
      """
      insert into feed_listener (process, self) select ?, s from unnest(?::bigint[]) s
      on conflict (process, self) do update set cursor = null""";
  private static final String GONE =
      "delete from feed_listener where process = ? and self = any(?)";

  private final Database database;
  private final Deliveries deliveries;
  private final long process = new SecureRandom().nextLong() >>> 1;
  private final Map<Long, Entry> entries = new HashMap<>();
  private final List<Entry> coming = new ArrayList<>();
  private final ScheduledExecutorService writer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-listeners"));

  Listeners(Database database, Deliveries deliveries) {
    this.database = database;
    this.deliveries = deliveries;
  }

  /** The clients of one subscription here; guarded by the listeners. */
  private static final class Entry {
    private final long self;
    private final List<Binding> clients = new ArrayList<>();
    private boolean written;
    private boolean left;

    Entry(long self) {
      this.self = self;
    }
  }

  long process() {
    return process;
  }

  void start() {
    writer.scheduleWithFixedDelay(this::takeBack, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Says at every connect of the tail that this process lives, and who listens at it. */
  EventTail.Reader beside(EventTail.Reader reader) {
    return new EventTail.Reader() {
      @Override
      public Position begin(Connection connection, int era) throws SQLException {
        alive(connection);
        return reader.begin(connection, era);
      }

      @Override
      public void read(Connection connection, List<Event> events) throws SQLException {
        reader.read(connection, events);
      }

      @Override
      public boolean isHeard() {
        return reader.isHeard();
      }
    };
  }

  private void alive(Connection connection) throws SQLException {
    Rows.change(connection, ALIVE, process, process);
    long[] all;
    synchronized (this) {
      all = entries.values().stream().filter(e -> e.written).mapToLong(e -> e.self).toArray();
    }
    execute(connection, COME, all);
  }

  /** A client has bound; its channel is woken when that is written down, if it is not yet. */
  synchronized void add(Binding client) {
    long self = client.subscription().row().self();
    Entry entry = entries.get(self);
    if (entry == null) {
      entry = new Entry(self);
      entries.put(self, entry);
      coming.add(entry);
      writeDown();
    }
    entry.clients.add(client);
    entry.left = false;
  }

  /** Whether it stands in the database that it has a client here: only then events go out to it. */
  synchronized boolean has(long self) {
    Entry entry = entries.get(self);
    return entry != null && entry.written;
  }

  private void writeDown() {
    try {
      writer.execute(this::write);
    } catch (RejectedExecutionException e) {
      LOG.debug("The feed is closing");
    }
  }

  private void write() {
    List<Entry> now;
    synchronized (this) {
      now = List.copyOf(coming);
      coming.clear();
    }
    if (now.isEmpty()) {
      return;
    }
    try (Connection connection = database.connection()) {
      // Before these hear more here, and confirm it: where they stood at a process that has died.
      Aftermath.claim(connection, process);
      execute(connection, COME, now.stream().mapToLong(e -> e.self).toArray());
    } catch (SQLException | RuntimeException e) {
      LOG.warn("{} listeners wait to be written down: {}", now.size(), e.toString());
      synchronized (this) {
        coming.addAll(now);
      }
      writer.schedule(this::write, TICK_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    List<Channel> woken = new ArrayList<>();
    synchronized (this) {
      for (Entry each : now) {
        each.written = true;
        each.clients.forEach(client -> woken.add(client.channel()));
      }
    }
    woken.forEach(Channel::wake);
  }

  private void takeBack() {
    long[] gone = gone();
    if (gone.length == 0) {
      return;
    }
    try {
      // By a connection of its own; two at once would wait for each other when there are few.
      deliveries.flush();
      try (Connection connection = database.connection()) {
        execute(connection, GONE, gone);
      }
    } catch (SQLException | RuntimeException e) {
      // They stand there until this process ends: more is looked at then.
      LOG.warn("{} listeners are not taken back: {}", gone.length, e.toString());
    }
  }

  /** Those whose clients had left a tick ago: what they were sent is on its way to the trail. */
  private synchronized long[] gone() {
    List<Entry> gone = new ArrayList<>();
    for (Entry each : entries.values()) {
      each.clients.removeIf(Binding::closed);
      if (each.clients.isEmpty() && each.written) {
        if (each.left) {
          gone.add(each);
        }
        each.left = true;
      }
    }
    gone.forEach(each -> entries.remove(each.self));
    return gone.stream().mapToLong(each -> each.self).toArray();
  }

  private void execute(Connection connection, String sql, long[] selfs) throws SQLException {
    if (selfs.length == 0) {
      return;
    }
    Rows.change(connection, sql, process, selfs);
  }

  /** All of them, once everything that was sent is in the trail; else they stay to be looked at. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      writer.awaitTermination(3, TimeUnit.SECONDS);
      deliveries.flush();
      try (Connection connection = database.connection();
          PreparedStatement statement =
              connection.prepareStatement(
                  """
              with gone as (delete from feed_listener where process = ?)
              delete from feed_process where process = ?""")) {
        statement.setLong(1, process);
        statement.setLong(2, process);
        statement.executeUpdate();
      }
    } catch (SQLException | RuntimeException e) {
      LOG.warn("Who listened here stays to be looked at: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
