// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** A token that is used until shortly before it ends, then another. */
final class KeptToken implements Login {
  private static final Duration MARGIN = Duration.ofSeconds(60);
  private final Supplier<Token> provider;
  private volatile Token token;

  KeptToken(Supplier<Token> provider) {
    this.provider = provider;
  }

  @Override
  public String get() {
    Token now = token;
    if (now == null || now.until().minus(MARGIN).isBefore(Instant.now())) {
      now = provider.get();
      token = now;
    }
    return now.text();
  }

  @Override
  public boolean renew() {
    token = null;
    return true;
  }
}
