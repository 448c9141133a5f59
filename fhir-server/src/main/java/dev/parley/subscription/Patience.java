// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import java.time.Duration;

/**
 * How long a rest-hook that does not answer is waited for.
 *
 * @param timeout for one delivery, where the subscription says nothing
 * @param first pause before the second try; each further one is twice as long
 * @param tries after so many the subscription is in error
 */
public record Patience(Duration timeout, Duration first, int tries) {
  /** About two minutes in all. */
  public static final Patience USUAL =
      new Patience(Duration.ofSeconds(10), Duration.ofSeconds(1), 7);

  Duration pause(int failures) {
    return first.multipliedBy(1L << Math.min(failures - 1, 5));
  }
}
