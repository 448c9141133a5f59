// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import java.time.Clock;
import java.time.Duration;

/**
 * How many requests one person, or one system, may make: a bucket that holds a minute's worth and
 * fills steadily. Each process counts for itself.
 */
final class Rates {
  private static final double MINUTE_MILLIS = 60_000;

  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder().maximumSize(100_000).expireAfterAccess(Duration.ofMinutes(2)).build();
  private final int person;
  private final int system;
  private final Clock clock;

  /**
   * @param person requests of a person in a minute
   * @param system of a client that acts for nobody
   */
  Rates(int person, int system, Clock clock) {
    this.person = person;
    this.system = system;
    this.clock = clock;
  }

  /**
   * Counts a request.
   *
   * @throws Refusal 429 with Retry-After
   */
  void count(Caller caller) {
    int most = caller.isSystem() ? system : person;
    String whose = caller.isSystem() ? "client " + caller.client() : caller.reference();
    long wait = buckets.get(whose, key -> new Bucket(most, clock.millis())).take(clock.millis());
    if (wait > 0) {
      throw Refusal.of(
              429,
              "throttled",
              "too-many-requests",
              "%d requests in a minute are the limit; slow down".formatted(most))
          .with("Retry-After", String.valueOf((wait + 999) / 1_000));
    }
  }

  private static final class Bucket {
    private final int most;
    private double left;
    private long at;

    Bucket(int most, long now) {
      this.most = most;
      this.left = most;
      this.at = now;
    }

    /** Milliseconds to wait; 0 if it may go on. */
    synchronized long take(long now) {
      left = Math.min(most, left + Math.max(0, now - at) * (most / MINUTE_MILLIS));
      at = now;
      if (left >= 1) {
        left--;
        return 0;
      }
      return (long) Math.ceil((1 - left) * MINUTE_MILLIS / most);
    }
  }
}
