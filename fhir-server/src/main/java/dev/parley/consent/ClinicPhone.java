// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Patient;

/**
 * Where to call when a message cannot pass: the setting, else the number of the organisation whose
 * server this is, else of the patient's (managingOrganization), or of what that is part of.
 */
final class ClinicPhone {
  private static final String EMERGENCY = "In an emergency do not write: call %s.";

  private final ChartReader chart;
  private final String organization;
  private final String setting;

  ClinicPhone(ChartReader chart, String organization, String setting) {
    this.chart = chart;
    this.organization = organization;
    this.setting = setting;
  }

  String sentence(String patient, Connection connection) throws SQLException {
    return EMERGENCY.formatted(number(patient, connection).orElse("the clinic"));
  }

  private Optional<String> number(String patient, Connection connection) throws SQLException {
    if (!setting.isEmpty()) {
      return Optional.of(setting);
    }
    Optional<String> theirs =
        organization.isEmpty()
            ? chart
                .find(connection, patient, Patient.class)
                .flatMap(p -> chart.local(p.getManagingOrganization()))
            : Optional.of(organization);
    if (theirs.isEmpty()) {
      return theirs;
    }
    for (String each : chart.wholes(connection, theirs.get())) {
      Optional<String> number =
          chart.find(connection, each, Organization.class).stream()
              .flatMap(o -> o.getTelecom().stream())
              .filter(t -> t.getSystem() == ContactPointSystem.PHONE)
              .map(ContactPoint::getValue)
              .findFirst();
      if (number.isPresent()) {
        return number;
      }
    }
    return Optional.empty();
  }
}
