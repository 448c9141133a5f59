// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * The latest events in memory: most of what a returning client missed needs no query. Bounded by
 * their number and by the length of their texts: a resource may carry an attachment.
 */
final class Ring {
  private final int capacity;
  private final long most;
  private final Deque<LoggedEvent> events = new ArrayDeque<>();
  private long characters;
  private Position floor = Position.NONE;
  private Position top = Position.NONE;

  /**
   * @param characters of all texts together
   */
  Ring(int capacity, long characters) {
    this.capacity = capacity;
    this.most = characters;
  }

  /** Everything after this place, and nothing before it, is what the ring will hold. */
  synchronized void reset(Position from) {
    events.clear();
    characters = 0;
    floor = from;
    top = from;
  }

  /** The next event; one that is held already, because it is read again, is left as it is. */
  synchronized void add(LoggedEvent event) {
    if (!event.event.position().isAfter(top)) {
      return;
    }
    if (event.recalls()) {
      forget(event.event.self());
    }
    events.addLast(event);
    event.held = true;
    top = event.event.position();
    weigh(event);
    shrink();
  }

  /** A recall is rare: all that is held may be looked at. */
  private void forget(long self) {
    for (LoggedEvent each : events) {
      if (each.event.self() == self) {
        each.forget();
        weigh(each);
      }
    }
  }

  /** Called when texts were put to events. */
  synchronized void weigh(Collection<LoggedEvent> some) {
    for (LoggedEvent each : some) {
      if (each.held) {
        weigh(each);
      }
    }
    shrink();
  }

  private void weigh(LoggedEvent event) {
    characters += event.length() - event.weighed;
    event.weighed = event.length();
  }

  private void shrink() {
    while (events.size() > capacity || characters > most && !events.isEmpty()) {
      LoggedEvent oldest = events.removeFirst();
      oldest.held = false;
      characters -= oldest.weighed;
      floor = oldest.event.position();
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
