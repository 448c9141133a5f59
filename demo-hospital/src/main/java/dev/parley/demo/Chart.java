// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.CarePlan;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.MedicationRequest;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Resource;

/** Which of a patient's many Synthea records the demo keeps: what is active and what is recent. */
final class Chart {
  private static final int ENCOUNTERS = 4;
  private static final int CONDITIONS = 8;
  private static final int MEDICATIONS = 7;
  private static final int PLANS = 2;

  /** Drugs that Synthea never ends, or that nobody prescribes any more. */
  private static final List<String> UNLIKELY =
      List.of(
          "fentanyl",
          "oxycodone",
          "hydrocodone",
          "meperidine",
          "codeine",
          "astemizole",
          "terfenadine",
          "tacrine",
          "tacrolimus",
          "alteplase",
          "chlorpheniramine",
          "verapamil",
          "prasugrel",
          "diphenhydramine");

  private static final List<String> PANELS =
      List.of("metabolic", "lipid", "cbc", "urinalysis", "hemoglobin", "inr", "prothrombin");

  /** Height, weight, blood pressure, HbA1c, glucose, eGFR, INR. */
  private static final Set<String> VITALS =
      Set.of("8302-2", "29463-7", "85354-9", "55284-4", "4548-4", "2339-0", "33914-3", "6301-6");

  private final SyntheaBundle bundle;

  Chart(SyntheaBundle bundle) {
    this.bundle = bundle;
  }

  /** In an order in which a record comes after those that it refers to. */
  List<Resource> kept() {
    Set<Resource> kept = new LinkedHashSet<>();
    kept.addAll(encounters());
    kept.addAll(conditions());
    kept.addAll(medications());
    List<DiagnosticReport> reports = reports();
    kept.addAll(observations(reports));
    kept.addAll(reports);
    List<CarePlan> plans = plans();
    kept.addAll(teams(plans));
    kept.addAll(plans);
    return new ArrayList<>(kept);
  }

  private List<Encounter> encounters() {
    return latest(bundle.all(Encounter.class), e -> e.getPeriod().getStart(), ENCOUNTERS);
  }

  private List<Condition> conditions() {
    List<Condition> active =
        bundle.all(Condition.class).stream()
            .filter(c -> "active".equals(c.getClinicalStatus().getCodingFirstRep().getCode()))
            .filter(c -> c.getCode().getText().contains("(disorder)"))
            .toList();
    return latest(
        onePer(active, c -> c.getCode().getText()), Condition::getRecordedDate, CONDITIONS);
  }

  private List<MedicationRequest> medications() {
    List<MedicationRequest> active =
        bundle.all(MedicationRequest.class).stream()
            .filter(m -> m.getStatus() == MedicationRequest.MedicationRequestStatus.ACTIVE)
            .filter(MedicationRequest::hasMedicationCodeableConcept)
            .filter(m -> UNLIKELY.stream().noneMatch(Drug.of(m).full()::contains))
            .sorted(Comparator.comparing(MedicationRequest::getAuthoredOn))
            .toList();
    return latest(
        onePer(active, m -> Drug.of(m).name()), MedicationRequest::getAuthoredOn, MEDICATIONS);
  }

  private List<DiagnosticReport> reports() {
    List<DiagnosticReport> panels =
        bundle.all(DiagnosticReport.class).stream()
            .filter(r -> !r.getResult().isEmpty())
            .filter(r -> PANELS.stream().anyMatch(name(r)::contains))
            .sorted(Comparator.comparing(r -> r.getEffectiveDateTimeType().getValue()))
            .toList();
    return latest(onePer(panels, Chart::name), r -> r.getEffectiveDateTimeType().getValue(), 4);
  }

  private List<Observation> observations(List<DiagnosticReport> reports) {
    Set<String> results =
        reports.stream()
            .flatMap(r -> r.getResult().stream())
            .map(r -> r.getReference().replace("urn:uuid:", ""))
            .collect(Collectors.toSet());
    List<Observation> all = bundle.all(Observation.class);
    List<Observation> kept =
        new ArrayList<>(all.stream().filter(o -> results.contains(o.getIdPart())).toList());
    kept.addAll(
        onePer(
            all.stream()
                .filter(o -> VITALS.contains(o.getCode().getCodingFirstRep().getCode()))
                .sorted(Comparator.comparing(Observation::getIssued))
                .toList(),
            o -> o.getCode().getCodingFirstRep().getCode()));
    return kept;
  }

  private List<CarePlan> plans() {
    return latest(
        bundle.all(CarePlan.class).stream()
            .filter(p -> p.getStatus() == CarePlan.CarePlanStatus.ACTIVE)
            .toList(),
        p -> p.getPeriod().getStart(),
        PLANS);
  }

  private List<CareTeam> teams(List<CarePlan> plans) {
    Set<String> used =
        plans.stream()
            .flatMap(p -> p.getCareTeam().stream())
            .map(r -> r.getReference().replace("urn:uuid:", ""))
            .collect(Collectors.toSet());
    return bundle.all(CareTeam.class).stream().filter(t -> used.contains(t.getIdPart())).toList();
  }

  private static String name(DiagnosticReport report) {
    return report.getCode().getCodingFirstRep().getDisplay().toLowerCase(Locale.ROOT);
  }

  /** The last of each kind. */
  private static <T> List<T> onePer(List<T> sorted, Function<T, String> kind) {
    Map<String, T> last = new LinkedHashMap<>();
    sorted.forEach(one -> last.put(kind.apply(one), one));
    return new ArrayList<>(last.values());
  }

  private static <T> List<T> latest(List<T> all, Function<T, Date> when, int count) {
    List<T> sorted = new ArrayList<>(all);
    sorted.sort(Comparator.comparing(when));
    return sorted.subList(Math.max(0, sorted.size() - count), sorted.size());
  }
}
