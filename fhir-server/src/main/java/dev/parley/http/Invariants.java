// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.access.Refusal;
import java.util.Date;
import java.util.Set;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.Appointment.AppointmentStatus;
import org.hl7.fhir.r4.model.AppointmentResponse;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Resource;

/**
 * The invariants of R4 that hold on every write, whatever the level of validation: those without
 * which a consent, an appointment or a bundle cannot be acted upon.
 */
final class Invariants {
  private static final String SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope";
  private static final String OBSERVATION_VALUES =
      "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
  private static final Set<String> ABOUT_A_PATIENT =
      Set.of("patient-privacy", "research", "adr", "treatment");
  private static final Set<AppointmentStatus> WITHOUT_TIME =
      Set.of(AppointmentStatus.PROPOSED, AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST);

  private Invariants() {}

  static void check(Resource resource) {
    // Of a message something may be withheld from its reader, who writes a receipt all the same.
    boolean whole = !(resource instanceof Communication);
    for (Coding tag : resource.getMeta().getTag()) {
      if (whole
          && "SUBSETTED".equals(tag.getCode())
          && OBSERVATION_VALUES.equals(tag.getSystem())) {
        throw Refusal.unprocessable(
                "business-rule",
                "subsetted",
                "The resource is tagged SUBSETTED: read all of it before writing it back")
            .at(resource.fhirType() + ".meta.tag");
      }
    }
    if (resource instanceof Consent consent) {
      check(consent);
    } else if (resource instanceof Appointment appointment) {
      check(appointment);
    } else if (resource instanceof AppointmentResponse answer) {
      require(
          answer.hasParticipantType() || answer.hasActor(),
          "apr-1",
          "AppointmentResponse",
          "AppointmentResponse needs participantType or actor");
    } else if (resource instanceof Bundle bundle) {
      BundleInvariants.check(bundle);
    }
  }

  /** R4 writes ppc-2 to ppc-5 so that they never fire; what they mean is checked here. */
  private static void check(Consent consent) {
    require(
        consent.hasPolicy() || consent.hasPolicyRule(),
        "ppc-1",
        "Consent",
        "Consent needs policy or policyRule");
    for (Coding scope : consent.getScope().getCoding()) {
      require(
          !SCOPES.equals(scope.getSystem())
              || !ABOUT_A_PATIENT.contains(scope.getCode())
              || consent.hasPatient(),
          "ppc-2",
          "Consent.patient",
          "Consent.patient is required for the scope " + scope.getCode());
    }
  }

  /** I-2; app-4 is not checked, because its text forbids a reason for the code "noshow". */
  private static void check(Appointment appointment) {
    for (int i = 0; i < appointment.getParticipant().size(); i++) {
      Appointment.AppointmentParticipantComponent participant = appointment.getParticipant().get(i);
      String at = "Appointment.participant[" + i + "]";
      require(
          participant.hasType() || participant.hasActor(),
          "app-1",
          at,
          at + " needs type or actor");
    }
    require(
        appointment.hasStart() == appointment.hasEnd(),
        "app-2",
        "Appointment",
        "Appointment needs both start and end, or neither");
    require(
        (appointment.hasStart() && appointment.hasEnd())
            || WITHOUT_TIME.contains(appointment.getStatus()),
        "app-3",
        "Appointment.start",
        "Appointment.start and end may be missing only if proposed, cancelled or on the waitlist");
    Date start = appointment.getStart();
    Date end = appointment.getEnd();
    require(
        start == null || end == null || !end.before(start),
        "end-before-start",
        "Appointment.end",
        "Appointment.end is before its start");
  }

  static void require(boolean holds, String invariant, String at, String sentence) {
    if (!holds) {
      throw Refusal.unprocessable("invariant", invariant, sentence).at(at);
    }
  }
}
