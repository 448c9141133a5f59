// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What an abandoned subscription of the same client missed before the new one began; guarded by the
 * binding. Events that the new one counts itself are left to it.
 */
final class Carry {
  private final LiveSubscription old;
  private final Snapshot start;
  private final BooleanSupplier passed;
  private final ArrayDeque<Numbered> events = new ArrayDeque<>();
  private long read;
  private boolean done;

  /**
   * @param after the last number of the old one that its client had
   * @param start where the new one begins
   * @param passed whether the tail has read everything that was committed before that
   */
  Carry(LiveSubscription old, long after, Snapshot start, BooleanSupplier passed) {
    this.old = old;
    this.read = after;
    this.start = start;
    this.passed = passed;
  }

  LiveSubscription old() {
    return old;
  }

  Numbered poll() {
    return events.poll();
  }

  boolean done() {
    return done && events.isEmpty();
  }

  /** The number after which to read on; -1 if the tail is not there yet. */
  long next() {
    boolean all = passed.getAsBoolean();
    if (read < old.number()) {
      return read;
    }
    done |= all;
    return -1;
  }

  void arrived(Missed page, long asked) {
    List<Numbered> found = new ArrayList<>(page.events());
    read = Math.max(asked, page.from() - 1);
    for (Numbered each : found) {
      read = each.number();
      if (!start.precedes(each.event().event.position())) {
        events.add(new Numbered(0, each.event(), each.hidden(), each.unread()));
      }
    }
    if (found.isEmpty()) {
      read = Math.max(read, old.number());
    }
  }
}
