// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Time that a test turns: it begins with now, and goes on only when told. */
public final class TestClock extends Clock {
  private volatile Instant now = Instant.now();

  public void forward(Duration time) {
    now = now.plus(time);
  }

  /** To any time, also one that has been: a test begins again with an empty server. */
  public void to(Instant time) {
    now = time;
  }

  /** To now, after a server has started: a slow start leaves no tokens in the clock's future. */
  public void catchUp() {
    now = Instant.now();
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
