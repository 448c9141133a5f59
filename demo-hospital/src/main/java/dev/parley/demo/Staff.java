// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.PractitionerRole;

/** Those who work in the hospital, by the two letters that the scripts call them. */
final class Staff {
  private static final Map<String, String> PROFESSIONS =
      Map.of(
          "physician", "309343006",
          "nurse", "224535009",
          "pharmacist", "46255001",
          "dietitian", "159033005",
          "physiotherapist", "36682004",
          "social-worker", "106328005",
          "receptionist", "159561009");

  record Colleague(String id, String name, String profession, String department) {}

  private final Map<String, Colleague> byCode = new LinkedHashMap<>();

  Staff(Records records) {
    Table.read("staff.txt").forEach(row -> add(records, row));
  }

  boolean has(String code) {
    return byCode.containsKey(code);
  }

  Colleague get(String code) {
    Colleague found = byCode.get(code);
    if (found == null) {
      throw new IllegalStateException("nobody on the staff is " + code);
    }
    return found;
  }

  List<Colleague> all() {
    return List.copyOf(byCode.values());
  }

  private void add(Records records, List<String> row) {
    String id = Slug.of(String.join(" ", row.get(1), row.get(2), row.get(3)));
    Practitioner practitioner = new Practitioner().setActive(true);
    HumanName name = practitioner.addName().setUse(HumanName.NameUse.OFFICIAL);
    name.setFamily(row.get(3)).addGiven(row.get(2));
    if (!row.get(1).isEmpty()) {
      name.addPrefix(row.get(1));
    }
    practitioner.setGender(AdministrativeGender.fromCode(row.get(4)));
    practitioner
        .addIdentifier()
        .setSystem(Codes.PARLEY + "NamingSystem/staff")
        .setValue("RH-" + (1000 + byCode.size()));
    practitioner
        .addTelecom()
        .setSystem(ContactPointSystem.EMAIL)
        .setValue(id.replace("dr-", "") + "@riverside.example");
    for (String language : row.get(7).split(" ")) {
      practitioner.addCommunication(Codes.concept("urn:ietf:bcp:47", language, null));
    }
    records.add(id, practitioner);
    addRole(records, row, practitioner);
    byCode.put(row.get(0), new Colleague(id, name.getNameAsSingleString(), row.get(5), row.get(6)));
  }

  private static void addRole(Records records, List<String> row, Practitioner practitioner) {
    PractitionerRole role = new PractitionerRole().setActive(true);
    role.setPractitioner(Records.to(practitioner));
    role.getOrganization().setReference("Organization/" + row.get(6));
    role.addLocation().setReference("Location/" + row.get(6));
    role.addHealthcareService().setReference("HealthcareService/" + row.get(6));
    role.addCode(profession(row.get(5)));
    HealthcareService service = records.get(HealthcareService.class, row.get(6));
    role.addSpecialty(service.getSpecialtyFirstRep().copy());
    var hours = service.getAvailableTimeFirstRep();
    var mine = role.addAvailableTime();
    hours
        .getDaysOfWeek()
        .forEach(
            d -> mine.addDaysOfWeek(PractitionerRole.DaysOfWeek.fromCode(d.getValue().toCode())));
    if (hours.getAllDay()) {
      mine.setAllDay(true);
    } else {
      mine.setAvailableStartTime(hours.getAvailableStartTime());
      mine.setAvailableEndTime(hours.getAvailableEndTime());
    }
    records.add(practitioner.getIdPart(), role);
  }

  static CodeableConcept profession(String profession) {
    CodeableConcept concept = Codes.ours("profession", profession);
    if (PROFESSIONS.containsKey(profession)) {
      concept.addCoding().setSystem(Codes.SCT).setCode(PROFESSIONS.get(profession));
    }
    return concept;
  }
}
