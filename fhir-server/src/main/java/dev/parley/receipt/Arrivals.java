// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import dev.parley.store.Keys;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects who got what, and writes it together a third of a second later: reads and pushes do not
 * wait for it. What is lost by a crash is written when it is read or pushed the next time.
 */
final class Arrivals implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);
  private static final int MILLIS = 300;
  private static final int AT_ONCE = 2_000;

  /** More than these wait only while the database is away. */
  private static final int MOST = 100_000;

  /** Of numbered messages, with those who take part in their threads; one's own never arrive. */
  private static final String PUT =
      """
      with asked as (
        select a.*, m.sender from unnest(?::bigint[], ?::bigint[], ?::text[]) a(message, person, who)
        join thread_message m on m.self = a.message
        where m.sender <> a.person and not m.gone
          and not exists (select from receipt c
                          where c.message = a.message and c.person = a.person and c.delivered is not null)
          and exists (select from thread_participant p where p.thread = m.thread
                      and p.participant = any(array(select holders(a.person, ?))))),
      put as (
        insert into receipt as c (message, person, who, via, delivered)
          select message, person, who, %s, ? from asked a order by message, person
          on conflict (message, person) do update set delivered = coalesce(c.delivered, excluded.delivered)
          returning message)
      %s"""
          .formatted(
              ReceiptSql.via("a.message", "a.person"),
              ReceiptSql.event(
                  "array[n.sender]",
                  "(select distinct a.message, a.sender from put join asked a using (message))"));

  private final Database database;
  private final Runnable wake;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-receipt"));
  private Set<Arrival> waiting = new LinkedHashSet<>();

  private record Arrival(long message, String who) {}

  Arrivals(Database database, Runnable wake, Clock clock) {
    this.database = database;
    this.wake = wake;
    this.clock = clock;
  }

  void start() {
    timer.scheduleWithFixedDelay(this::flush, MILLIS, MILLIS, TimeUnit.MILLISECONDS);
  }

  synchronized void got(Caller person, long message) {
    if (waiting.size() < MOST) {
      waiting.add(new Arrival(message, person.reference()));
    }
  }

  private void flush() {
    Set<Arrival> taken;
    synchronized (this) {
      taken = waiting;
      waiting = new LinkedHashSet<>();
    }
    List<Arrival> all = new ArrayList<>(taken);
    for (int from = 0; from < all.size(); from += AT_ONCE) {
      try {
        write(all.subList(from, Math.min(from + AT_ONCE, all.size())));
      } catch (SQLException | RuntimeException e) {
        // The next read or push of it tells again.
        LOG.warn("{} deliveries were not noted: {}", all.size() - from, e.toString());
        return;
      }
    }
  }

  private void write(List<Arrival> arrivals) throws SQLException {
    try (Connection connection = database.connection();
        PreparedStatement put = connection.prepareStatement(PUT)) {
      put.setObject(1, arrivals.stream().mapToLong(Arrival::message).toArray());
      put.setObject(2, arrivals.stream().mapToLong(a -> Keys.of(a.who())).toArray());
      put.setObject(3, arrivals.stream().map(Arrival::who).toArray(String[]::new));
      for (int i = 4; i <= 7; i++) {
        put.setObject(i, clock.instant().atOffset(ZoneOffset.UTC));
      }
      if (put.executeUpdate() > 0) {
        wake.run();
      }
    }
  }

  @Override
  public void close() {
    timer.shutdown();
    flush();
  }
}
