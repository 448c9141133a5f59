// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The latest events in memory: most of what a returning client missed needs no query. */
final class Ring {
  private final int capacity;
  private final Deque<LoggedEvent> events = new ArrayDeque<>();
  private Position floor = Position.NONE;
  private Position top = Position.NONE;

  Ring(int capacity) {
    this.capacity = capacity;
  }

  /** Everything after this place, and nothing before it, is what the ring will hold. */
  synchronized void reset(Position from) {
    events.clear();
    floor = from;
    top = from;
  }

  synchronized void add(LoggedEvent event) {
    events.addLast(event);
    top = event.event.position();
    if (events.size() > capacity) {
      floor = events.removeFirst().event.position();
    }
  }

  /** All events after one place up to another, oldest first; null if the ring does not reach. */
  synchronized List<LoggedEvent> between(Position after, Position upTo) {
    if (floor.isAfter(after) || upTo.isAfter(top)) {
      return null;
    }
    List<LoggedEvent> found = new ArrayList<>();
    for (LoggedEvent each : events) {
      Position position = each.event.position();
      if (position.isAfter(after) && !position.isAfter(upTo)) {
        found.add(each);
      }
    }
    return found;
  }

  /**
   * The subscription's events with numbers after the given one, newest first, found backwards from
   * its count; null if the ring does not reach so far.
   */
  synchronized List<Numbered> backwards(
      LiveSubscription subscription, LiveSubscription.State state, long after) {
    List<Numbered> found = new ArrayList<>();
    Count from = state.count();
    long number = from.number();
    if (number <= after) {
      return found;
    }
    if (from.position().isAfter(top)) {
      return null;
    }
    for (var all = events.descendingIterator(); all.hasNext(); ) {
      LoggedEvent each = all.next();
      if (!each.event.position().isAfter(from.position())
          && subscription.covers(each.event, state.segment())) {
        found.add(new Numbered(number--, each));
        if (number <= after) {
          return found;
        }
      }
    }
    return null;
  }
}
