// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.db.Database;
import dev.parley.store.Trail;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens to the trail by itself: sealed every second, purged every day. */
public final class AuditKeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditKeeping.class);

  private final Database database;
  private final Trail trail;
  private final Sealing sealing;
  private final int retentionDays;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-audit"));
  private boolean failing;

  public AuditKeeping(
      Database database, Trail trail, Sealing sealing, int retentionDays, Clock clock) {
    this.database = database;
    this.trail = trail;
    this.sealing = sealing;
    this.retentionDays = retentionDays;
    this.clock = clock;
  }

  public void start() {
    timer.scheduleWithFixedDelay(this::seal, 1, 1, TimeUnit.SECONDS);
    timer.scheduleWithFixedDelay(this::tellHead, 1, 60, TimeUnit.MINUTES);
    timer.scheduleWithFixedDelay(this::purge, 5, 24 * 60, TimeUnit.MINUTES);
  }

  private void seal() {
    try {
      int spooled = trail.takeIn();
      if (spooled > 0) {
        LOG.warn("{} audit rows of break-glass were taken in from the spool", spooled);
      }
      sealing.now();
      failing = false;
    } catch (SQLException | RuntimeException e) {
      if (!failing) {
        failing = true;
        LOG.warn("The audit trail is not sealed now: {}", e.toString());
      }
    }
  }

  /** In the log, which is kept elsewhere: who seals everything anew cannot change that. */
  private void tellHead() {
    try {
      sealing.head().ifPresent(head -> LOG.info("The audit trail is sealed up to {}", head));
    } catch (SQLException | RuntimeException e) {
      LOG.debug("No head now", e);
    }
  }

  private void purge() {
    try (Connection connection = database.connection()) {
      Purge.Report report = Purge.run(connection, retentionDays, clock.instant(), false);
      if (report.segments() > 0) {
        LOG.info(
            "{} audit rows from before {} were purged, {} segments are held",
            report.entries(),
            report.before(),
            report.held());
      }
    } catch (SQLException | RuntimeException e) {
      LOG.warn("Old audit rows are not purged now: {}", e.toString());
    }
  }

  /** What was written until now is sealed once more. */
  @Override
  public void close() {
    timer.shutdown();
    try {
      timer.awaitTermination(3, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    seal();
  }
}
