// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import java.time.Instant;
import java.util.Set;

/**
 * A message that people may have to be told of.
 *
 * @param toPatient somebody on the patient's side takes part, and it is not theirs
 * @param urgent stat or urgent, or it demands an acknowledgement
 * @param mentions selfs of whom it names
 */
record Due(long message, Instant at, boolean urgent, Set<Long> mentions, boolean toPatient) {
  /**
   * Somebody who takes part, may see it and does not have it.
   *
   * @param muted whether they have muted its thread
   */
  record Hearer(long message, long person, String who, boolean muted) {}
}
