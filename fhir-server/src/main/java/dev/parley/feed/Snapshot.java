// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.Arrays;

/**
 * Where a subscription starts: a {@code pg_snapshot} of its creating transaction. An event belongs
 * to the subscription if its transaction was not finished then, wherever in the log it comes to
 * stand. (By a position instead, a message begun before and committed after would be lost.)
 */
public record Snapshot(int era, long xmin, long xmax, long[] running) {

  /** From PostgreSQL's text form, {@code xmin:xmax:xip,xip,...}. */
  static Snapshot parse(int era, String text) {
    String[] parts = text.split(":", 3);
    long[] running =
        parts[2].isEmpty()
            ? new long[0]
            : Arrays.stream(parts[2].split(",")).mapToLong(Long::parseLong).sorted().toArray();
    return new Snapshot(era, Long.parseLong(parts[0]), Long.parseLong(parts[1]), running);
  }

  /** Whether what this transaction wrote had not been committed when the snapshot was taken. */
  boolean precedes(Position event) {
    if (event.era() != era) {
      return event.era() > era;
    }
    return event.xid() >= xmin
        && (event.xid() >= xmax || Arrays.binarySearch(running, event.xid()) >= 0);
  }

  /** Every event that belongs to the subscription lies after this. */
  Position floor() {
    return Position.before(era, xmin);
  }
}
