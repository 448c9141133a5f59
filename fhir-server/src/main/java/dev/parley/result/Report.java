// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.DiagnosticReport.DiagnosticReportStatus;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.ServiceRequest;

/**
 * A report as the rules read it.
 *
 * @param patient whom it is about, "Patient/id"
 * @param clinician who ordered it, else who interpreted or performed it; or null
 */
record Report(DiagnosticReport resource, String patient, String clinician) {
  /** An extension that says true. */
  static final String CRITICAL = Codes.EXTENSIONS + "critical";

  private static final Set<DiagnosticReportStatus> DONE =
      EnumSet.of(
          DiagnosticReportStatus.FINAL,
          DiagnosticReportStatus.AMENDED,
          DiagnosticReportStatus.CORRECTED,
          DiagnosticReportStatus.APPENDED);
  // Of v3-ObservationInterpretation: critically high, critically low, critically abnormal.
  private static final Set<String> CRITICAL_CODES = Set.of("HH", "LL", "AA");

  static boolean isDone(DiagnosticReport report) {
    return DONE.contains(report.getStatus());
  }

  /** Empty for one that is about nobody here. */
  static Optional<Report> of(DiagnosticReport report, Chart chart, Connection connection)
      throws SQLException {
    Optional<String> patient =
        chart.local(report.getSubject()).filter(s -> s.startsWith("Patient/"));
    return patient.isEmpty()
        ? Optional.empty()
        : Optional.of(new Report(report, patient.get(), clinician(report, chart, connection)));
  }

  private static String clinician(DiagnosticReport report, Chart chart, Connection connection)
      throws SQLException {
    for (Reference basis : report.getBasedOn()) {
      Optional<String> order = chart.local(basis).filter(r -> r.startsWith("ServiceRequest/"));
      Optional<ServiceRequest> request =
          order.isEmpty()
              ? Optional.empty()
              : chart.find(connection, order.get(), ServiceRequest.class);
      Optional<String> requester =
          request.flatMap(r -> chart.local(r.getRequester())).filter(Report::isClinician);
      if (requester.isPresent()) {
        return requester.get();
      }
    }
    return Stream.concat(report.getResultsInterpreter().stream(), report.getPerformer().stream())
        .flatMap(r -> chart.local(r).stream())
        .filter(Report::isClinician)
        .findFirst()
        .orElse(null);
  }

  private static boolean isClinician(String who) {
    return who.startsWith("Practitioner/") || who.startsWith("PractitionerRole/");
  }

  boolean isCritical(Chart chart, Connection connection) throws SQLException {
    Extension said = resource.getExtensionByUrl(CRITICAL);
    if (said != null && said.getValue() instanceof BooleanType yes && yes.booleanValue()
        || resource.getConclusionCode().stream().anyMatch(Report::isCritical)) {
      return true;
    }
    for (Reference result : resource.getResult()) {
      Optional<String> local = chart.local(result).filter(r -> r.startsWith("Observation/"));
      if (local.isPresent()
          && chart
              .find(connection, local.get(), Observation.class)
              .filter(o -> o.getInterpretation().stream().anyMatch(Report::isCritical))
              .isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static boolean isCritical(CodeableConcept concept) {
    return concept.getCoding().stream().anyMatch(c -> CRITICAL_CODES.contains(c.getCode()));
  }

  /** What it is called. */
  String name() {
    CodeableConcept code = resource.getCode();
    return code.hasText()
        ? code.getText()
        : code.getCoding().stream()
            .filter(Coding::hasDisplay)
            .map(Coding::getDisplay)
            .findFirst()
            .orElse("test result");
  }
}
