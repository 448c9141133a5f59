// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.References.Local;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.util.List;
import org.hl7.fhir.r4.model.Communication;

/**
 * A thread is for the patient or among staff from its first moment, and stays so: what was written
 * among colleagues never turns up in front of the patient.
 */
final class AudienceRule implements Rule {
  private final Audience audience;

  AudienceRule(Audience audience) {
    this.audience = audience;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    if (!(change.after() instanceof Communication thread) || thread.hasPartOf()) {
      return;
    }
    List<Local> participants = audience.participantsOf(thread);
    boolean staffOnly = Audience.isStaffOnly(thread, participants);
    if (staffOnly && participants.stream().anyMatch(Audience::isPatientSide)) {
      throw Refusal.unprocessable(
              "business-rule",
              "staff-only",
              "No patient or proxy can take part in a staff-only thread; open one that is"
                  + " patient-facing")
          .at("Communication.recipient");
    }
    if (change.before() instanceof Communication before
        && Audience.isStaffOnly(before, audience.participantsOf(before)) != staffOnly) {
      throw Refusal.unprocessable(
              "business-rule",
              "audience-fixed",
              "A thread stays patient-facing or staff-only as it was made; open another")
          .at("Communication.category");
    }
  }
}
