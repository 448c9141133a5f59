// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Secrets that are good for one use: codes and refresh tokens. Kept in memory only. */
final class OneTime<T> {
  private final Map<String, Entry<T>> entries = new ConcurrentHashMap<>();
  private final Duration life;
  private final Clock clock;
  private final Consumer<T> stolen;

  private record Entry<T>(T value, Instant until, AtomicBoolean used) {}

  /**
   * @param stolen told of what is used a second time: one of the two users is not its owner
   */
  OneTime(Duration life, Clock clock, Consumer<T> stolen) {
    this.life = life;
    this.clock = clock;
    this.stolen = stolen;
  }

  String put(T value) {
    Instant now = clock.instant();
    entries.values().removeIf(entry -> entry.until().isBefore(now));
    String secret = Random.text();
    entries.put(secret, new Entry<>(value, now.plus(life), new AtomicBoolean()));
    return secret;
  }

  /**
   * What was put, the first time.
   *
   * @throws OAuthError invalid_grant if it is unknown, too old or used
   */
  T take(String secret) {
    Entry<T> entry = secret == null ? null : entries.get(secret);
    if (entry == null || entry.until().isBefore(clock.instant())) {
      throw OAuthError.grant("it is unknown or too old");
    }
    if (!entry.used().compareAndSet(false, true)) {
      stolen.accept(entry.value());
      throw OAuthError.grant("it was used already; what came of it has ended");
    }
    return entry.value();
  }

  /** What was put, without using it; null if it is unknown or used. */
  T look(String secret) {
    Entry<T> entry = entries.get(secret);
    return entry == null || entry.used().get() ? null : entry.value();
  }
}
