// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import java.time.Instant;
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
   * What was decided.
   *
   * @param by what permits, or null
   */
  record Decision(Verdict verdict, Agreement by) {}

  /**
   * Decides.
   *
   * @param agreements all Consents of the (merged) patient
   * @param merged since when their records are one; MIN if there is one record
   */
  static Decision decide(List<Agreement> agreements, Instant merged, Ask ask) {
    List<Agreement> permits = new ArrayList<>();
    List<Agreement> denials = new ArrayList<>();
    for (Agreement agreement : agreements) {
      if (agreement.covers(ask)) {
        Optional<Boolean> says = agreement.says(ask);
        says.ifPresent(permit -> (permit ? permits : denials).add(agreement));
      }
    }
    return permits.stream()
        .filter(permit -> denials.stream().noneMatch(d -> withstands(d, permit, merged)))
        .findFirst()
        .map(permit -> new Decision(Verdict.PERMIT, permit))
        .orElse(new Decision(denials.isEmpty() ? Verdict.NONE : Verdict.DENY, null));
  }

  /**
   * Whether a denial is not lifted by a permission. Of two that may have been decided at the same
   * time, none is the newer one; and a permission in one record lifted nothing that stood in
   * another before the two were merged.
   */
  private static boolean withstands(Agreement denial, Agreement permit, Instant merged) {
    Instant permitted = permit.decided().low();
    return denial.decided().high().isAfter(permitted)
        || !denial.record().equals(permit.record()) && permitted.isBefore(merged);
  }
}
