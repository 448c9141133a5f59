// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.MedicationRequest;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Resource;

/** Finds the records that a script talks about, and refuses a script about what does not exist. */
final class Subjects {
  private static final Pattern SLOT = Pattern.compile("\\{(appt time|lab [\\d-]+)}");

  private final Records records;
  private final Script script;
  private final List<Resource> about;

  Subjects(Records records, Script script) {
    this.records = records;
    this.script = script;
    this.about = script.about().stream().map(this::find).toList();
  }

  List<Resource> about() {
    return about;
  }

  /** The text with the values of the patient's own records in it. */
  String fill(String text) {
    Matcher slot = SLOT.matcher(text);
    return slot.replaceAll(
        found -> found.group(1).equals("appt time") ? time() : lab(found.group(1).substring(4)));
  }

  private Resource find(String wanted) {
    String[] parts = wanted.split(" ", 2);
    Resource found =
        switch (parts[0]) {
          case "med" -> own(MedicationRequest.class, parts[1]);
          case "report" -> own(DiagnosticReport.class, parts[1]);
          case "appt" -> records.get(Appointment.class, parts[1]);
          default -> throw new IllegalStateException(script.id() + ": about what? " + wanted);
        };
    if (found instanceof MedicationRequest && !mentions(parts[1])) {
      throw new IllegalStateException(script.id() + " never mentions " + parts[1]);
    }
    return found;
  }

  private <T extends Resource> T own(Class<T> type, String kind) {
    String prefix = script.patient() + "-" + kind;
    return records.all(type, r -> r.getIdPart().startsWith(prefix)).stream()
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(script.id() + ": no record " + prefix));
  }

  /** By the first letters, since the drug has other endings in other languages. */
  private boolean mentions(String drug) {
    String stem = drug.substring(0, 4).replace("ferr", "iron");
    return script.lines().stream()
        .anyMatch(line -> line.text().toLowerCase(Locale.ROOT).contains(stem));
  }

  private String time() {
    return about.stream()
        .filter(Appointment.class::isInstance)
        .map(a -> ((Appointment) a).getStartElement().getValueAsString().substring(11, 16))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(script.id() + ": no appointment"));
  }

  private String lab(String loinc) {
    return records
        .all(
            Observation.class,
            o ->
                o.getSubject().getReference().equals("Patient/" + script.patient())
                    && o.getCode().getCodingFirstRep().getCode().equals(loinc)
                    && o.hasValueQuantity())
        .stream()
        .max(Comparator.comparing(o -> o.getEffectiveDateTimeType().getValue()))
        .map(
            o ->
                o.getValueQuantity().getValue().toPlainString()
                    + " "
                    + o.getValueQuantity().getUnit())
        .orElseThrow(() -> new IllegalStateException(script.id() + ": no result " + loinc));
  }
}
