// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;

/** Who may write a Consent, and what of it never changes. */
final class ConsentWrites {
  private ConsentWrites() {}

  /**
   * Looks at one write.
   *
   * @throws Refusal 403 for patients and proxies who do not go by the operations, 422 for a Consent
   *     that becomes another patient's
   */
  static void check(Change change, ChartReader chart) {
    Caller caller = change.caller();
    if (caller.isSystem() || change.byOperation()) {
      return;
    }
    Reference patient = change.after() instanceof Consent after ? after.getPatient() : null;
    if (caller.kind() == Caller.Kind.STAFF) {
      if (patient != null
          && change.before() instanceof Consent before
          && !chart.local(before.getPatient()).equals(chart.local(patient))) {
        throw Refusal.unprocessable(
            "business-rule", "consent-patient", "A Consent stays with its patient");
      }
      return;
    }
    boolean own =
        caller.kind() == Caller.Kind.PATIENT
            && change.kind() == Change.Kind.CREATE
            && chart.local(patient).filter(caller.reference()::equals).isPresent();
    if (!own) {
      throw Refusal.forbidden(
          "use-the-operations",
          "Patients and proxies decide by Consent/[id]/$sign and Consent/[id]/$withdraw");
    }
  }
}
