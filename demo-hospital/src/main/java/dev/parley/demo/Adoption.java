// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import org.hl7.fhir.r4.model.CarePlan;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.MedicationRequest;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Timing;

/** Gives one patient's Synthea records readable ids and references, and adds them. */
final class Adoption {
  private final FhirContext fhir;
  private final Records records;
  private final OtherProviders providers;
  private final Map<String, String> references = new HashMap<>();
  private final Member member;

  Adoption(FhirContext fhir, Records records, OtherProviders providers, Member member) {
    this.fhir = fhir;
    this.records = records;
    this.providers = providers;
    this.member = member;
    references.put("urn:uuid:" + member.uuid(), "Patient/" + member.id());
  }

  void adopt(Chart chart) {
    for (Resource resource : chart.kept()) {
      String old = "urn:uuid:" + resource.getIdPart();
      relink(resource);
      tidy(resource);
      if (resource instanceof Encounter encounter) {
        seen(encounter);
      }
      String id = records.free(resource.fhirType(), member.id() + "-" + kind(resource));
      references.put(old, resource.fhirType() + "/" + id);
      records.add(id, resource);
    }
  }

  private void relink(Resource resource) {
    for (ResourceReferenceInfo info : fhir.newTerser().getAllResourceReferences(resource)) {
      Reference reference = (Reference) info.getResourceReference();
      String old = reference.getReference();
      if (reference.hasDisplay()) {
        reference.setDisplay(OtherProviders.title(Slug.withoutDigits(reference.getDisplay())));
      }
      if (old == null) {
        continue;
      }
      // A record that was left out is named by its display, if it had one.
      reference.setReference(
          old.contains("?identifier=")
              ? providers.resolve(old).map(Reference::getReference).orElse(null)
              : references.get(old));
      if (("Patient/" + member.id()).equals(reference.getReference())) {
        reference.setDisplay(null);
      }
    }
  }

  private void seen(Encounter encounter) {
    providers.workTogether(
        encounter.getParticipantFirstRep().getIndividual(), encounter.getServiceProvider());
    boolean prenatal = encounter.getTypeFirstRep().getText().contains("natal");
    if (prenatal && Patients.isMinor(records.get(Patient.class, member.id()))) {
      // A minor's prenatal care is not for her parents' eyes.
      encounter.getMeta().addSecurity(Codes.RESTRICTED.copy());
    }
  }

  private static String kind(Resource resource) {
    if (resource instanceof Condition condition) {
      return Slug.firstWords(condition.getCode().getText().replace(" (disorder)", ""), 4);
    }
    if (resource instanceof MedicationRequest request) {
      return Slug.of(Drug.of(request).name());
    }
    if (resource instanceof DiagnosticReport report) {
      return Slug.firstWords(report.getCode().getCodingFirstRep().getDisplay(), 3);
    }
    if (resource instanceof Observation observation) {
      return Slug.firstWords(
          observation.getCode().getCodingFirstRep().getDisplay().split("\\[")[0], 4);
    }
    if (resource instanceof CarePlan) {
      return "plan";
    }
    return resource instanceof CareTeam ? "plan-team" : "encounter";
  }

  private static void tidy(Resource resource) {
    if (resource instanceof MedicationRequest request && request.getDosageInstruction().isEmpty()) {
      dosage(request);
    }
    if (resource instanceof Observation observation) {
      if (observation.hasValueQuantity()) {
        round(observation.getValueQuantity());
      }
      observation.getComponent().stream()
          .filter(c -> c.hasValueQuantity())
          .forEach(c -> round(c.getValueQuantity()));
    }
    if (resource instanceof DiagnosticReport report) {
      report.getPresentedForm().clear();
    }
  }

  /** Reminders need a timing, and Synthea leaves it out of some orders. */
  private static void dosage(MedicationRequest request) {
    var repeat = new Timing.TimingRepeatComponent();
    repeat.setFrequency(1).setPeriod(1).setPeriodUnit(Timing.UnitsOfTime.D);
    request
        .addDosageInstruction()
        .setSequence(1)
        .setText("Once daily")
        .setTiming(new Timing().setRepeat(repeat));
  }

  private static void round(Quantity quantity) {
    int digits = quantity.getValue().abs().doubleValue() >= 20 ? 0 : 1;
    quantity.setValue(quantity.getValue().setScale(digits, RoundingMode.HALF_UP));
  }
}
