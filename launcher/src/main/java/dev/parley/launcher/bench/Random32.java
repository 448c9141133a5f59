// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

/** mulberry32: the same numbers for the same seed in every language that has it. */
final class Random32 {
  private int state;

  Random32(int seed) {
    this.state = seed;
  }

  /** From 0 (inclusive) to 1. */
  double next() {
    state += 0x6d2b79f5;
    int t = (state ^ (state >>> 15)) * (1 | state);
    t = (t + (t ^ (t >>> 7)) * (61 | t)) ^ t;
    return Integer.toUnsignedLong(t ^ (t >>> 14)) / 4294967296.0;
  }

  int below(int bound) {
    return (int) (next() * bound);
  }

  <T> T pick(java.util.List<T> list) {
    return list.get(below(list.size()));
  }
}
