// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.Organization;

/**
 * Where to call when a message cannot pass: the setting, else the number that the organisation's
 * own resource names.
 */
final class ClinicPhone {
  private final ChartReader chart;
  private final String organization;
  private final String setting;

  ClinicPhone(ChartReader chart, String organization, String setting) {
    this.chart = chart;
    this.organization = organization;
    this.setting = setting;
  }

  String sentence(Connection connection) throws SQLException {
    Optional<String> number = number(connection);
    return number.map(n -> "In an emergency do not write: call " + n + ".").orElse(EMERGENCY);
  }

  private static final String EMERGENCY = "In an emergency do not write: call the clinic.";

  private Optional<String> number(Connection connection) throws SQLException {
    if (!setting.isEmpty() || organization.isEmpty()) {
      return Optional.of(setting).filter(s -> !s.isEmpty());
    }
    return chart.find(connection, organization, Organization.class).stream()
        .flatMap(o -> o.getTelecom().stream())
        .filter(t -> t.getSystem() == ContactPointSystem.PHONE)
        .map(ContactPoint::getValue)
        .findFirst();
  }
}
