// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import java.time.Duration;
import java.time.Instant;

/** A token of the demo provider, used until shortly before it ends, then another. */
final class KeptToken implements Login {
  private static final Duration MARGIN = Duration.ofMinutes(5);
  private final LocalLogin provider;
  private final String subject;
  private volatile LocalLogin.Token token;

  KeptToken(LocalLogin provider, String subject) {
    this.provider = provider;
    this.subject = subject;
  }

  @Override
  public String get() {
    LocalLogin.Token now = token;
    if (now == null || now.until().minus(MARGIN).isBefore(Instant.now())) {
      now = provider.token(subject, null);
      token = now;
    }
    return now.text();
  }
}
