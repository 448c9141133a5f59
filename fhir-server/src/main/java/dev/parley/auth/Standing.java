// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import dev.parley.store.TimeRange;
import java.time.Instant;
import java.util.Set;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.Person;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/**
 * Whether somebody may log in, by what their resource says.
 *
 * @param ended a stable reason why not, or null
 * @param until when what is said now will change by itself; {@link Instant#MAX} for never
 */
record Standing(String ended, Instant until) {
  static final Standing GOOD = new Standing(null, Instant.MAX);

  /** Who stands for a patient after death: the executor of the estate (v3-RoleCode). */
  private static final Set<String> PERSONAL_REPRESENTATIVE = Set.of("EXCEST");

  static Standing of(Resource resource, Instant now) {
    if (resource == null) {
      return new Standing("deleted", Instant.MAX);
    }
    if (resource instanceof Practitioner practitioner) {
      return active(!Boolean.FALSE.equals(practitioner.getActiveElement().getValue()));
    }
    if (resource instanceof Patient patient) {
      return dead(patient)
          ? new Standing("deceased", Instant.MAX)
          : active(!Boolean.FALSE.equals(patient.getActiveElement().getValue()));
    }
    if (resource instanceof Person person) {
      return active(!Boolean.FALSE.equals(person.getActiveElement().getValue()));
    }
    if (resource instanceof PractitionerRole role) {
      return within(
          role.getPeriod(),
          !Boolean.FALSE.equals(role.getActiveElement().getValue()),
          "role-ended",
          now);
    }
    if (resource instanceof RelatedPerson proxy) {
      return within(
          proxy.getPeriod(),
          !Boolean.FALSE.equals(proxy.getActiveElement().getValue()),
          "proxy-ended",
          now);
    }
    return new Standing("no-person", Instant.MAX);
  }

  boolean good() {
    return ended == null;
  }

  private static Standing active(boolean active) {
    return active ? GOOD : new Standing("inactive", Instant.MAX);
  }

  private static Standing within(Period period, boolean active, String ended, Instant now) {
    Instant start = edge(period.getStartElement(), true);
    Instant end = edge(period.getEndElement(), false);
    if (!active || !now.isBefore(end)) {
      return new Standing(ended, Instant.MAX);
    }
    return now.isBefore(start) ? new Standing("not-begun", start) : new Standing(null, end);
  }

  private static Instant edge(BaseDateTimeType date, boolean low) {
    if (date == null || !date.hasValue()) {
      return low ? Instant.MIN : Instant.MAX;
    }
    TimeRange range = TimeRange.ofElement(date.getValueAsString());
    return low ? range.low() : range.high();
  }

  static boolean dead(Patient patient) {
    return patient.hasDeceased()
        && !(patient.getDeceased() instanceof BooleanType dead
            && !Boolean.TRUE.equals(dead.getValue()));
  }

  /** Whether a proxy speaks for a patient beyond death. */
  static boolean isPersonalRepresentative(RelatedPerson proxy) {
    return proxy.getRelationship().stream()
        .map(CodeableConcept::getCoding)
        .anyMatch(
            codings ->
                codings.stream().anyMatch(c -> PERSONAL_REPRESENTATIVE.contains(c.getCode())));
  }
}
