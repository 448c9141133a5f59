// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.config.Setting;
import dev.parley.feature.Tools;
import dev.parley.thread.DaemonThreads;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to the trail by itself: sealed every second by each process, which has rows of its
 * own to take in; purged every day by one of them.
 */
public final class AuditKeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditKeeping.class);

  private final Tools tools;
  private final Sealing sealing;
  private final int retentionDays;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-audit"));
  private boolean failing;

  public AuditKeeping(Tools tools, Sealing sealing) {
    this.tools = tools;
    this.sealing = sealing;
    this.retentionDays = tools.config().number(Setting.PARLEY_AUDIT_RETENTION_DAYS);
    tools.agenda().every(Duration.ofDays(1), "audit-purge", this::purge);
  }

  public void start() {
    timer.scheduleWithFixedDelay(this::seal, 1, 1, TimeUnit.SECONDS);
    timer.scheduleWithFixedDelay(this::tellHead, 1, 60, TimeUnit.MINUTES);
  }

  private void seal() {
    try {
      int spooled = tools.trail().takeIn();
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
    Purge.Report report =
        tools
            .database()
            .with(
                connection -> Purge.run(connection, retentionDays, tools.clock().instant(), false));
    if (report.segments() > 0) {
      LOG.info(
          "{} audit rows from before {} were purged, {} segments are held",
          report.entries(),
          report.before(),
          report.held());
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
