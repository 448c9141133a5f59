// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.store.Chart;
import java.time.Instant;

/**
 * That somebody is to be told of something, one way.
 *
 * @param about self of a message or a Task
 * @param target of {@code push_subscription}, or {@link #EMAIL}
 * @param tries how often it was tried, this time included
 */
record Note(
    long person, String who, long about, long target, boolean urgent, Instant due, int tries) {
  static final long EMAIL = 0;

  boolean isEmail() {
    return target == EMAIL;
  }

  boolean isPatientSide() {
    return Chart.isPatientSide(who);
  }
}
