// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Births;
import dev.parley.store.Chart;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;

/** Who decides for a patient, by how old they are. */
final class Ages {
  private final Chart chart;
  private final int adolescentFrom;
  private final int adultFrom;
  private final Clock clock;

  /**
   * @param ages "12,18": from when on somebody is an adolescent, and an adult
   */
  Ages(Chart chart, String ages, Clock clock) {
    int[] from =
        Arrays.stream(ages.split(",")).map(String::strip).mapToInt(Integer::parseInt).toArray();
    this.chart = chart;
    this.adolescentFrom = from[0];
    this.adultFrom = from[1];
    this.clock = clock;
  }

  /** A child's proxies decide, and nobody else. */
  boolean isChild(String patient, Connection connection) throws SQLException {
    return isYounger(patient, adolescentFrom, connection);
  }

  /** What an adolescent has signed is not taken back for them. */
  boolean isAdolescentsOwn(Consent consent, Connection connection) throws SQLException {
    Optional<String> patient = chart.local(consent.getPatient());
    return patient.isPresent()
        && isYounger(patient.get(), adultFrom, connection)
        && !isChild(patient.get(), connection)
        && consent.getPerformer().stream()
            .flatMap(p -> chart.local(p).stream())
            .anyMatch(p -> p.startsWith("Patient/"));
  }

  /** By the earliest date of birth of their records; not if there is none. */
  private boolean isYounger(String patient, int years, Connection connection) throws SQLException {
    LocalDate earliest = null;
    for (String each : chart.merged(connection, patient)) {
      LocalDate birth = Births.of(chart.find(connection, each, Patient.class).orElse(null));
      if (birth != null && (earliest == null || birth.isBefore(earliest))) {
        earliest = birth;
      }
    }
    LocalDate today = clock.instant().atZone(ZoneOffset.UTC).toLocalDate();
    return earliest != null && earliest.plusYears(years).isAfter(today);
  }
}
