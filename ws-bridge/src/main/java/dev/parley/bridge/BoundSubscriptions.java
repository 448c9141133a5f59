// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.feed.Notification;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is bound on a socket, served in turn; guarded by its channel. */
final class BoundSubscriptions {
  private final Map<String, BoundSubscription> bound = new LinkedHashMap<>();

  /** When the last one ran out, in nanoseconds; 0 while there are others, or never were any. */
  private long expiredNanos;

  BoundSubscription get(String id) {
    return bound.get(id);
  }

  int size() {
    return bound.size();
  }

  void add(BoundSubscription subscription) {
    expiredNanos = 0;
    bound.put(subscription.id(), subscription);
  }

  BoundSubscription remove(String id) {
    return bound.remove(id);
  }

  Collection<BoundSubscription> all() {
    return bound.values();
  }

  List<BoundSubscription> clear() {
    List<BoundSubscription> left = List.copyOf(bound.values());
    bound.clear();
    return left;
  }

  /** Those whose token has run out; they are bound no more. */
  List<BoundSubscription> expire(Instant now, long nanos) {
    List<BoundSubscription> gone =
        bound.values().stream()
            .filter(each -> each.expires != null && !now.isBefore(each.expires))
            .toList();
    gone.forEach(each -> bound.remove(each.id()));
    if (!gone.isEmpty() && bound.isEmpty()) {
      expiredNanos = nanos;
    }
    return gone;
  }

  /** Whether the last one ran out before this moment, and no other came. */
  boolean ranOut(long nanos) {
    return expiredNanos != 0 && expiredNanos < nanos;
  }

  /** What one of them has to say next, or null. */
  Outgoing next() {
    for (BoundSubscription each : bound.values()) {
      Notification notification = each.binding.next();
      String notice = notification == null ? each.binding.notice() : null;
      if (notification == null && notice == null) {
        continue;
      }
      if (bound.size() > 1) {
        // To the end of the line, so that a busy subscription does not hold up the others.
        bound.remove(each.id());
        bound.put(each.id(), each);
      }
      return notice != null
          ? new Outgoing(notice, each, null)
          : new Outgoing(notification.text(), each, notification.upTo());
    }
    return null;
  }
}
