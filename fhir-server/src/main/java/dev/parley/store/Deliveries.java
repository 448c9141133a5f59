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
import java.util.HashSet;
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

  // In the trail already: rows are in one of both, whenever they are sealed.
  private static final String KNOWN =
      """
      with asked as (select * from unnest(?::smallint[], ?::text[]) a(type, id)),
      pushed as (
        select i.type, i.id, i.version, i.recipients from audit_inbox i
        where i.action = 'push' and (i.type, i.id) in (select type, id from asked)
        union all
        select a.type, a.id, a.version, a.recipients from audit a
        where audit_keys(a.patients, a.action, a.agent, a.client, a.recipients, a.type, a.id)
            && array(select hashtextextended('entity ' || type::text || ' ' || id, 0) from asked)
          and a.action = 'push')
      select distinct t.name, p.id, p.version from pushed p join resource_type t on t.code = p.type
      where exists (select from unnest(p.recipients) r where split_part(r, ' ', 2) = ?)""";

  /** The word of a row about what a process that died may have sent, or may not. */
  private static final String PERHAPS = "perhaps-delivered";

  private final Trail trail;
  private final Patients patients;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-trail"));
  private final Object writing = new Object();
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
   * What was perhaps pushed.
   *
   * @param text of the resource, or null if only its id was sent
   */
  public record Pushed(String type, String id, int version, String text) {}

  /**
   * A version goes out to a subscriber.
   *
   * @param text of the resource as it is sent, or null if only its id is
   */
  public synchronized void add(
      String type, String id, int version, String text, Caller owner, String subscription) {
    Sent sent = waiting.computeIfAbsent(new Version(type, id, version), v -> new Sent());
    sent.text = text == null ? sent.text : text;
    sent.recipients.add(recipient(owner, subscription));
    size++;
  }

  private static String recipient(Caller owner, String subscription) {
    return owner.reference() + " " + subscription + " " + owner.client();
  }

  /**
   * Rows, in the transaction of this connection, for what a process that died may have sent to a
   * subscriber and no row tells of.
   *
   * @return how many
   */
  public int perhaps(Connection connection, Caller owner, String subscription, List<Pushed> pushed)
      throws SQLException {
    Set<Version> known = known(connection, subscription, pushed);
    Map<Version, Sent> left = new LinkedHashMap<>();
    for (Pushed each : pushed) {
      Version version = new Version(each.type(), each.id(), each.version());
      if (!known.contains(version)) {
        Sent sent = left.computeIfAbsent(version, v -> new Sent());
        sent.text = each.text();
        sent.recipients.clear();
        sent.recipients.add(recipient(owner, subscription));
      }
    }
    Map<Long, String> texts = texts(connection, left);
    List<Trace> traces = new ArrayList<>();
    left.forEach((version, sent) -> traces.add(trace(version, sent, texts).ending(0, PERHAPS)));
    trail.write(connection, traces);
    return traces.size();
  }

  /** The same for a subscription that has ended since: what it was sent cannot be found out. */
  public void unknown(Connection connection, String subscription) throws SQLException {
    trail.write(
        connection,
        List.of(
            Trace.of(Caller.SYSTEM, Origin.NONE, Action.PUSH)
                .on("Subscription", subscription, null)
                .ending(0, PERHAPS)));
  }

  private Set<Version> known(Connection connection, String subscription, List<Pushed> pushed)
      throws SQLException {
    Set<Version> known = new HashSet<>();
    try (PreparedStatement query = connection.prepareStatement(KNOWN)) {
      query.setObject(
          1,
          connection.createArrayOf(
              "int2", pushed.stream().map(p -> trail.rows().code(p.type())).toArray()));
      query.setObject(
          2, connection.createArrayOf("text", pushed.stream().map(Pushed::id).toArray()));
      query.setString(3, subscription);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          known.add(new Version(row.getString(1), row.getString(2), row.getInt(3)));
        }
      }
    }
    return known;
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

  /** Returns when everything added so far is durable, also what another thread is writing. */
  public void flush() throws SQLException {
    synchronized (writing) {
      write();
    }
  }

  private void write() throws SQLException {
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
