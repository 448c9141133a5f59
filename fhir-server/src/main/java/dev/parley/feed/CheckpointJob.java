// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Database;
import dev.parley.store.Deliveries;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down, once a second, how far everything has come: taken on the tail's thread, written on a
 * connection of the pool. Losing one costs reading, not events.
 */
final class CheckpointJob implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointJob.class);

  private final Database database;
  private final EventTail tail;
  private final Counting counting;
  private final Deliveries deliveries;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-checkpoint"));

  CheckpointJob(Database database, EventTail tail, Counting counting, Deliveries deliveries) {
    this.database = database;
    this.tail = tail;
    this.counting = counting;
    this.deliveries = deliveries;
  }

  void start() {
    timer.scheduleWithFixedDelay(this::checkpoint, 1, 1, TimeUnit.SECONDS);
  }

  private void checkpoint() {
    CompletableFuture<Counting.Taken> taken = new CompletableFuture<>();
    tail.execute(connection -> taken.complete(counting.take()));
    try {
      write(taken.get(5, TimeUnit.SECONDS));
    } catch (TimeoutException e) {
      LOG.debug("The tail is busy or away; the next checkpoint will hold more");
    } catch (ExecutionException | RuntimeException e) {
      // Thrown on, it would end the timer's task for good.
      LOG.warn("No checkpoint; the next will hold it", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(Counting.Taken work) {
    if (work == null) {
      return;
    }
    try {
      // First: what a cursor says was delivered has to be in the audit trail, whatever happens.
      deliveries.flush();
      try (Connection connection = database.connection()) {
        Checkpoints.write(
            connection,
            work.position(),
            work.changed().stream().map(Checkpoints.Entry::of).toList(),
            work.marks());
      }
    } catch (SQLException e) {
      LOG.warn("Checkpoint not written, the next will hold it: {}", e.toString());
      tail.execute(connection -> counting.giveBack(work));
    }
  }

  /** A checkpoint under way is let end: it holds what clients have confirmed. */
  void stop() {
    timer.shutdown();
    try {
      timer.awaitTermination(3, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The last one, when the tail has stopped. */
  @Override
  public void close() {
    write(counting.take());
  }
}
