// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.TimeRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether a patient's Consents permit a message: the rule of docs/features/consent-cases.md, whose
 * table is the input of its test. A pure function.
 */
final class ConsentDecision {
  /** Why: the newest decision permits, or denies, or there is none that covers the message. */
  enum Verdict {
    PERMIT,
    DENY,
    NONE
  }

  private ConsentDecision() {}

  /**
   * Decides.
   *
   * @param agreements all Consents of the (merged) patient
   */
  static Verdict decide(List<Agreement> agreements, Ask ask) {
    List<TimeRange> permits = new ArrayList<>();
    List<TimeRange> denials = new ArrayList<>();
    for (Agreement agreement : agreements) {
      if (agreement.covers(ask)) {
        Optional<Boolean> says = agreement.says(ask);
        says.ifPresent(permit -> (permit ? permits : denials).add(agreement.decided()));
      }
    }
    // Of two that may have been decided at the same time, none is the newer one.
    boolean permitted =
        permits.stream()
            .anyMatch(permit -> denials.stream().noneMatch(d -> d.high().isAfter(permit.low())));
    if (permitted) {
      return Verdict.PERMIT;
    }
    return denials.isEmpty() ? Verdict.NONE : Verdict.DENY;
  }
}
