// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.Condition;
import org.hl7.fhir.r4.model.Patient;

/**
 * The hospital's team around each patient: own doctor, a nurse, and whom the conditions call for.
 */
final class CareTeams {
  private static final Map<String, List<String>> BY_CONDITION =
      Map.of(
          "diabetes", List.of("IC", "BI", "LP"),
          "kidney", List.of("OA", "KH", "JA"),
          "heart", List.of("PR", "JF", "MK"),
          "myocardial", List.of("PR", "JF", "MK"),
          "neoplasm", List.of("HM", "GL"),
          "bronchitis", List.of("PL", "NB"),
          "alzheimer", List.of("RA", "EN", "MC"),
          "fracture", List.of("NF", "NB"),
          "anemia", List.of("JA"));

  private final Records records;
  private final Staff staff;

  CareTeams(Records records, Staff staff) {
    this.records = records;
    this.staff = staff;
  }

  void add(List<Patient> patients, Families families) {
    for (Patient patient : patients) {
      CareTeam team = new CareTeam().setStatus(CareTeam.CareTeamStatus.ACTIVE);
      team.setName("Care team of " + patient.getNameFirstRep().getNameAsSingleString());
      team.setSubject(Records.to(patient))
          .setPeriod(BaseDate.since(Math.max(-180, BaseDate.daysTo(patient))));
      team.addCategory(
          Codes.concept(
              Codes.LOINC, "LA28865-6", "Longitudinal care-coordination focused care team"));
      team.addManagingOrganization().setReference(Departments.HOSPITAL);
      team.addParticipant().setMember(Records.to(patient)).addRole(Codes.text("Patient"));
      families
          .proxyOf(patient.getIdPart())
          .ifPresent(
              p ->
                  team.addParticipant()
                      .setMember(Records.to(p))
                      .addRole(p.getRelationshipFirstRep().copy()));
      String doctor = patient.getGeneralPractitionerFirstRep().getReference().split("/")[1];
      members(patient, doctor).forEach(colleague -> join(team, colleague));
      records.add("team-" + patient.getIdPart(), team);
    }
  }

  private Set<Staff.Colleague> members(Patient patient, String doctor) {
    Set<Staff.Colleague> members = new LinkedHashSet<>();
    staff.all().stream().filter(c -> c.id().equals(doctor)).forEach(members::add);
    members.add(staff.get(Patients.isMinor(patient) ? "SR" : "CM"));
    String conditions = conditions(patient);
    BY_CONDITION.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .filter(e -> conditions.contains(e.getKey()))
        .forEach(e -> e.getValue().forEach(code -> members.add(staff.get(code))));
    return members;
  }

  private String conditions(Patient patient) {
    return records
        .all(
            Condition.class,
            c -> c.getSubject().getReference().equals("Patient/" + patient.getIdPart()))
        .stream()
        .map(c -> c.getCode().getText().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining("\n"));
  }

  private static void join(CareTeam team, Staff.Colleague colleague) {
    var participant = team.addParticipant();
    participant
        .getMember()
        .setReference("Practitioner/" + colleague.id())
        .setDisplay(colleague.name());
    participant.addRole(Staff.profession(colleague.profession()));
    participant.getOnBehalfOf().setReference("Organization/" + colleague.department());
  }
}
