// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.Refused;
import dev.parley.launcher.terminal.PlainError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Sends chunks, a few at a time. One that is refused may only have overtaken what it refers to: it
 * is sent again, alone, when the others are through.
 */
final class Sender implements AutoCloseable {
  private final FhirClient client;
  private final Consumer<Chunk> stored;
  private final int lanes;
  private final Semaphore free;
  private final ExecutorService threads;
  private final List<Chunk> refused = new ArrayList<>();
  private final AtomicReference<RuntimeException> failure = new AtomicReference<>();

  Sender(FhirClient client, int lanes, Consumer<Chunk> stored) {
    this.client = client;
    this.stored = stored;
    this.lanes = lanes;
    this.free = new Semaphore(lanes);
    this.threads = Executors.newFixedThreadPool(lanes);
  }

  /** Waits while all lanes are busy, so that no more than that is held in memory. */
  void send(Chunk chunk) {
    free.acquireUninterruptibly();
    if (failure.get() != null) {
      free.release();
      throw failure.get();
    }
    threads.execute(() -> attempt(chunk));
  }

  private void attempt(Chunk chunk) {
    try {
      client.post("", chunk.bundle());
      stored.accept(chunk);
    } catch (Refused e) {
      synchronized (refused) {
        refused.add(chunk);
      }
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
    } finally {
      free.release();
    }
  }

  /** Waits until everything sent so far is stored. */
  void settle() {
    free.acquireUninterruptibly(lanes);
    free.release(lanes);
    if (failure.get() != null) {
      throw failure.get();
    }
    while (!refused.isEmpty()) {
      again();
    }
  }

  /** Refused chunks may need each other: they are sent until none of them is stored any more. */
  private void again() {
    List<Chunk> waiting = List.copyOf(refused);
    PlainError first = null;
    for (Chunk chunk : waiting) {
      try {
        client.post("", chunk.bundle());
        refused.remove(chunk);
        stored.accept(chunk);
      } catch (Refused e) {
        first = first != null ? first : new PlainError(chunk.place() + ": " + e.getMessage(), e);
      }
    }
    if (refused.size() == waiting.size()) {
      throw first;
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
