// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.store.Trace.Action;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is pushed, for the audit trail: a row for each event of a fifth of a second, with all who
 * got it then. The feed writes down that a delivery was confirmed only after {@link #flush}, so
 * whatever its cursors say was delivered is in the trail.
 */
public final class Deliveries implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);
  private static final int MILLIS = 200;
  private static final int MOST = 100_000;
  private static final String TEXTS =
      """
      select r.self, coalesce(r.body, (select v.body from version v where v.self = r.self and v.body is not null
                                       order by v.version desc limit 1))
      from resource r where r.self = any(?)""";

  private final Trail trail;
  private final Patients patients;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-trail"));
  private Map<Version, Sent> waiting = new LinkedHashMap<>();
  private int size;

  Deliveries(Trail trail, Patients patients) {
    this.trail = trail;
    this.patients = patients;
    timer.scheduleWithFixedDelay(this::flushOrWait, MILLIS, MILLIS, TimeUnit.MILLISECONDS);
  }

  /** A version of a resource that is pushed. */
  private record Version(String type, String id, int version) {}

  private static final class Sent {
    private String text;
    private final List<String> recipients = new ArrayList<>();
  }

  /**
   * A version goes out to a subscriber.
   *
   * @param text of the resource as it is sent, or null if only its id is
   */
  public synchronized void add(
      String type, String id, int version, String text, Caller owner, String subscription) {
    Sent sent = waiting.computeIfAbsent(new Version(type, id, version), v -> new Sent());
    sent.text = text == null ? sent.text : text;
    sent.recipients.add(owner.reference() + " " + subscription + " " + owner.client());
    size++;
  }

  /** Whether so much waits that nothing more may be sent: the trail cannot be written. */
  public synchronized boolean full() {
    return size > MOST;
  }

  private void flushOrWait() {
    try {
      flush();
    } catch (SQLException | RuntimeException e) {
      LOG.warn("The audit rows of pushes wait: {}", e.toString());
    }
  }

  /** Returns when everything added so far is durable. */
  public void flush() throws SQLException {
    Map<Version, Sent> taken;
    synchronized (this) {
      taken = waiting;
      waiting = new LinkedHashMap<>();
      size = 0;
    }
    if (taken.isEmpty()) {
      return;
    }
    try (Connection connection = trail.database().connection()) {
      Map<Long, String> texts = texts(connection, taken);
      List<Trace> traces = new ArrayList<>();
      taken.forEach((version, sent) -> traces.add(trace(version, sent, texts)));
      trail.write(connection, traces);
    } catch (SQLException | RuntimeException e) {
      putBack(taken);
      throw e;
    }
  }

  private synchronized void putBack(Map<Version, Sent> taken) {
    waiting.forEach(
        (version, sent) ->
            taken.computeIfAbsent(version, v -> new Sent()).recipients.addAll(sent.recipients));
    waiting = taken;
    size = waiting.values().stream().mapToInt(sent -> sent.recipients.size()).sum();
  }

  private Trace trace(Version version, Sent sent, Map<Long, String> texts) {
    Set<String> concerned = new TreeSet<>();
    if (version.type().equals("Patient")) {
      concerned.add(version.id());
    }
    String text = sent.text;
    if (text == null) {
      text = texts.get(Keys.self(version.type(), version.id()));
    }
    if (text != null) {
      patients.of(text, concerned);
    }
    return Trace.of(Caller.SYSTEM, Origin.NONE, Action.PUSH)
        .on(version.type(), version.id(), version.version())
        .about(concerned)
        .to(sent.recipients);
  }

  /** Of those that were sent as ids only: whom they concern is in the stored text. */
  private static Map<Long, String> texts(Connection connection, Map<Version, Sent> sent)
      throws SQLException {
    long[] selfs =
        sent.entrySet().stream()
            .filter(entry -> entry.getValue().text == null)
            .mapToLong(entry -> Keys.self(entry.getKey().type(), entry.getKey().id()))
            .toArray();
    Map<Long, String> texts = new HashMap<>();
    if (selfs.length > 0) {
      try (PreparedStatement query = connection.prepareStatement(TEXTS)) {
        query.setObject(1, selfs);
        try (ResultSet row = query.executeQuery()) {
          while (row.next()) {
            texts.put(row.getLong(1), row.getString(2));
          }
        }
      }
    }
    return texts;
  }

  /** What waits is written once more. */
  @Override
  public void close() {
    timer.shutdown();
    flushOrWait();
  }
}
