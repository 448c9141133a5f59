// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.util.Arrays;

/** Durations, all of them kept, so that percentiles are exact. One thread writes. */
final class Samples {
  private long[] nanos = new long[1 << 12];
  private int count;
  private boolean sorted;

  void add(long duration) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, count * 2);
    }
    nanos[count++] = duration;
    sorted = false;
  }

  void addAll(Samples other) {
    if (count + other.count > nanos.length) {
      nanos = Arrays.copyOf(nanos, (count + other.count) * 2);
    }
    System.arraycopy(other.nanos, 0, nanos, count, other.count);
    count += other.count;
    sorted = false;
  }

  int count() {
    return count;
  }

  /** In milliseconds; 0 if there is none. */
  double percentile(double part) {
    if (count == 0) {
      return 0;
    }
    if (!sorted) {
      Arrays.sort(nanos, 0, count);
      sorted = true;
    }
    int index = (int) Math.ceil(part * count) - 1;
    return nanos[Math.max(0, Math.min(count - 1, index))] / 1e6;
  }
}
