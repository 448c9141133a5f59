// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.access.Caller;
import dev.parley.access.Caller.Kind;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.util.Set;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/**
 * What a person may write at all, whatever the token delegates (E-11). Who works here, who is whose
 * proxy, who somebody is: that is the directory's, and decides who sees what; it is written by
 * systems and administrators.
 */
final class WritePolicy implements Rule {
  static final String ADMINISTRATOR = "administrator";

  private static final Set<String> BY_PATIENTS =
      Set.of(
          "Appointment",
          "AppointmentResponse",
          "Binary",
          "Communication",
          "Consent",
          "DocumentReference",
          "Media",
          "QuestionnaireResponse",
          "Subscription",
          "Task");

  private static final Set<String> BY_ADMINISTRATORS =
      Set.of(
          "AuditEvent",
          "Device",
          "Endpoint",
          "Group",
          "HealthcareService",
          "Location",
          "Organization",
          "OrganizationAffiliation",
          "Person",
          "Practitioner",
          "PractitionerRole",
          "RelatedPerson",
          "SearchParameter",
          "StructureDefinition",
          "ValueSet",
          "CodeSystem");

  @Override
  public void beforeWrite(Change change, Transaction transaction) {
    Caller caller = change.caller();
    if (caller.isSystem() || change.byOperation()) {
      return;
    }
    boolean allowed =
        caller.kind() == Kind.STAFF
            ? !BY_ADMINISTRATORS.contains(change.type()) || caller.roles().contains(ADMINISTRATOR)
            : BY_PATIENTS.contains(change.type());
    if (caller.kind() == Kind.PROXY && change.type().equals("Consent")) {
      // Consent by a proxy goes through $sign, which looks at their authority.
      allowed = false;
    }
    if (!allowed || opensDoors(change.after()) || opensDoors(change.before())) {
      throw Refusal.forbidden(
          "not-yours-to-write",
          "%s may not write this %s".formatted(caller.reference(), change.type()));
    }
  }

  private static boolean opensDoors(Resource resource) {
    return resource instanceof Task task && BreakGlass.is(task);
  }
}
