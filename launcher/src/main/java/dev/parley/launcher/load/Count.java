// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import java.util.function.Consumer;

/** Counts what is stored and says so every two seconds. */
final class Count {
  private static final long EVERY_NANOS = 2_000_000_000L;
  private final Consumer<String> progress;
  private final long began = System.nanoTime();
  private long next = began + EVERY_NANOS;
  private long resources;

  Count(Consumer<String> progress) {
    this.progress = progress;
  }

  synchronized void add(int more) {
    resources += more;
    if (System.nanoTime() > next) {
      next = System.nanoTime() + EVERY_NANOS;
      progress.accept("  " + this);
    }
  }

  synchronized long resources() {
    return resources;
  }

  @Override
  public synchronized String toString() {
    double seconds = (System.nanoTime() - began) / 1e9;
    return "%,d resources in %.1f s, %,.0f per second"
        .formatted(resources, seconds, resources / Math.max(seconds, 0.001));
  }
}
