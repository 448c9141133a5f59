// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;

/** The parts of a process that runs until it is told to end; they are closed in reverse order. */
final class Running implements AutoCloseable {
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  Running() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "shutdown"));
  }

  synchronized <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  /** Blocks for good: the JVM ends by SIGTERM or Ctrl-C, whose hook closes the parts. */
  void untilTold() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void close() {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        System.err.println(
            "parley: %s did not stop in order: %s".formatted(part.getClass().getSimpleName(), e));
      }
    }
  }
}
