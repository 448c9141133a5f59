// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.store.TrailRows.Row;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the audit trail. What a write leaves goes into its transaction; what a read leaves is
 * committed before its answer goes out, together with what others wait for at that moment: the
 * first of them writes for all who have come until the one before is through.
 */
public final class Trail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Trail.class);

  private final Database database;
  private final Clock clock;
  private final TrailRows rows;
  private final Patients patients;
  private final Deliveries deliveries;
  private final Spool spool;
  private final Semaphore writing = new Semaphore(1, true);
  private Batch open = new Batch();
  private volatile boolean failing;

  /**
   * @param spool the file for what break-glass reads while nothing can be written
   */
  public Trail(
      Database database, ResourceTypes types, References references, Clock clock, Path spool) {
    this.database = database;
    this.clock = clock;
    this.rows = new TrailRows(types);
    this.patients = new Patients(references);
    this.deliveries = new Deliveries(this, patients);
    this.spool = new Spool(spool, types);
  }

  /** Those who wait for one commit. */
  private static final class Batch {
    private final List<Row> rows = new ArrayList<>();
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile Exception failure;
  }

  /**
   * Returns when the row is durable.
   *
   * @throws Refusal 503 if it cannot be written, unless this is a clinician's break-glass
   */
  public void record(Trace trace) {
    Row row = new Row(now(), trace);
    try {
      join(row);
      failing = false;
    } catch (SQLException | RuntimeException e) {
      if (!isBreakGlass(trace.caller()) || !spool.add(row)) {
        if (!failing) {
          failing = true;
          LOG.error("The audit trail cannot be written, so nothing is read", e);
        }
        throw Refusal.unavailable(
            "audit-unavailable", "The audit trail cannot be written now; nothing was read", 5);
      }
      LOG.error("Break-glass went on without the audit trail; its row is in {}", spool.path());
    }
  }

  /** Anybody can send the header; only clinicians have emergencies. */
  private static boolean isBreakGlass(Caller caller) {
    Caller.Purpose purpose = caller.purpose();
    return purpose != null && purpose.code().equals("BTG") && caller.isClinician();
  }

  private void join(Row row) throws SQLException {
    Batch mine;
    boolean first;
    synchronized (this) {
      mine = open;
      first = mine.rows.isEmpty();
      mine.rows.add(row);
    }
    if (first) {
      commit(mine);
    } else {
      await(mine.done);
    }
    if (mine.failure != null) {
      throw new SQLException("The rows of this moment were not written", mine.failure);
    }
  }

  private void commit(Batch batch) {
    writing.acquireUninterruptibly();
    synchronized (this) {
      open = new Batch();
    }
    try (Connection connection = database.connection()) {
      rows.insert(connection, batch.rows);
    } catch (SQLException | RuntimeException e) {
      batch.failure = e;
    } finally {
      writing.release();
      batch.done.countDown();
    }
  }

  private static void await(CountDownLatch done) throws SQLException {
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("Interrupted", e);
    }
  }

  /** Into the transaction of this connection. */
  public void write(Connection connection, List<Trace> traces) throws SQLException {
    Instant now = now();
    rows.insert(connection, traces.stream().map(trace -> new Row(now, trace)).toList());
  }

  /** What is pushed to subscribers. */
  public Deliveries deliveries() {
    return deliveries;
  }

  /** A read of one resource. */
  void read(Trace trace, StoredResource read) {
    if (isTraced(trace)) {
      record(trace.on(read.type(), read.id(), read.version()).about(patients.of(read)));
    }
  }

  /** A read of several; of one kind, or by one query. */
  void read(Trace trace, Collection<StoredResource> read) {
    if (isTraced(trace)) {
      record(trace.about(patients.of(read)));
    }
  }

  void read(Trace trace, SearchPage page) {
    if (isTraced(trace)) {
      Set<String> concerned = patients.of(page.matches());
      concerned.addAll(patients.of(page.includes()));
      record(trace.about(concerned));
    }
  }

  /** What the server itself reads is shown to nobody. */
  private static boolean isTraced(Trace trace) {
    return !trace.caller().equals(Caller.SYSTEM);
  }

  /** A refusal, in a transaction of its own; once, however many doors it goes through. */
  public void refused(Trace attempted, Refusal refusal) {
    if (refusal.isTraced() || refusal.status() == 400 || refusal.status() >= 500) {
      return;
    }
    record(attempted.refused(refusal));
    refusal.traced();
  }

  TrailRows rows() {
    return rows;
  }

  Patients patients() {
    return patients;
  }

  Database database() {
    return database;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  /**
   * Takes in what was spooled while the trail could not be written.
   *
   * @return how many rows
   */
  public int takeIn() throws SQLException {
    return spool.empty(
        lines -> {
          try (Connection connection = database.connection()) {
            connection.setAutoCommit(false);
            Spool.take(connection, lines);
            connection.commit();
          }
        });
  }

  @Override
  public void close() {
    deliveries.close();
  }
}
