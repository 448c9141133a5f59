// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * From an event's keys to the subscriptions that may match it: an event costs by what it finds, not
 * by how many subscriptions there are. Used by the tail's thread only.
 */
final class SubscriptionIndex {
  private static final Long EVERY = 0L;

  private final Map<Short, Map<Long, List<LiveSubscription>>> types = new HashMap<>();
  private final Map<LiveSubscription, Segment> places = new HashMap<>();
  private long stamp;

  void put(LiveSubscription subscription) {
    remove(subscription);
    Segment segment = subscription.segment();
    places.put(subscription, segment);
    for (long key : anchor(segment)) {
      types
          .computeIfAbsent(segment.match().type(), t -> new HashMap<>())
          .computeIfAbsent(key, k -> new ArrayList<>(2))
          .add(subscription);
    }
  }

  void remove(LiveSubscription subscription) {
    Segment segment = places.remove(subscription);
    if (segment == null) {
      return;
    }
    Map<Long, List<LiveSubscription>> keys = types.get(segment.match().type());
    for (long key : anchor(segment)) {
      List<LiveSubscription> at = keys == null ? null : keys.get(key);
      if (at != null && at.remove(subscription) && at.isEmpty()) {
        keys.remove(key);
      }
    }
  }

  /** Each subscription that may match, once. */
  List<LiveSubscription> candidates(Event event) {
    Map<Long, List<LiveSubscription>> keys = types.get(event.type());
    if (keys == null) {
      return List.of();
    }
    stamp++;
    List<LiveSubscription> found = new ArrayList<>();
    collect(keys.get(EVERY), found);
    collect(keys.get(event.self()), found);
    for (long key : event.keys()) {
      collect(keys.get(key), found);
    }
    for (long key : event.was()) {
      collect(keys.get(key), found);
    }
    return found;
  }

  private void collect(List<LiveSubscription> some, List<LiveSubscription> found) {
    if (some != null) {
      for (LiveSubscription subscription : some) {
        if (subscription.stamp != stamp) {
          subscription.stamp = stamp;
          found.add(subscription);
        }
      }
    }
  }

  private static long[] anchor(Segment segment) {
    long[] anchor = segment.match().filter().anchor();
    return anchor == null ? new long[] {EVERY} : anchor;
  }
}
