// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Person;
import org.hl7.fhir.r4.model.Person.IdentityAssuranceLevel;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/** Who writes for whom; a Person is the account behind one or more of the roles. */
final class Families {
  private final Records records;
  private final Map<String, RelatedPerson> byPatient = new HashMap<>();

  Families(Records records) {
    this.records = records;
    Table.read("families.txt").forEach(this::add);
    List.of("blanca-carbajal", "layla-nader", "anna-schiller", "elsa-rath", "rubin-padberg")
        .forEach(this::addOwnAccount);
  }

  /** The one who may write for this patient today. */
  Optional<RelatedPerson> proxyOf(String patient) {
    return Optional.ofNullable(byPatient.get(patient)).filter(RelatedPerson::getActive);
  }

  /** Whom the assistant writes to: from sixteen on the patients themselves, if they can. */
  String reader(Patient patient) {
    LocalDate born = LocalDate.parse(patient.getBirthDateElement().getValueAsString());
    boolean own = Patients.isMinor(patient) && born.isBefore(BaseDate.DAY.minusYears(16));
    RelatedPerson proxy = own ? null : proxyOf(patient.getIdPart()).orElse(null);
    return proxy == null ? "Patient/" + patient.getIdPart() : "RelatedPerson/" + proxy.getIdPart();
  }

  private void add(List<String> row) {
    RelatedPerson related = new RelatedPerson();
    related.getPatient().setReference("Patient/" + row.get(0));
    related.addRelationship(Codes.hl7("v3-RoleCode", row.get(1), display(row.get(1))));
    related.addName().setUse(HumanName.NameUse.OFFICIAL).setFamily(row.get(3)).addGiven(row.get(2));
    related.setGender(AdministrativeGender.fromCode(row.get(4)));
    if (!row.get(5).isEmpty()) {
      related.setBirthDateElement(new DateType(row.get(5)));
    }
    related
        .addTelecom()
        .setSystem(ContactPointSystem.PHONE)
        .setValue("+1 413 555 07" + (10 + byPatient.size()));
    related.setPeriod(
        row.get(7).isEmpty()
            ? BaseDate.since(
                Math.max(-400, BaseDate.daysTo(records.get(Patient.class, row.get(0)))))
            : BaseDate.period(-900, Integer.parseInt(row.get(7))));
    related.setActive(row.get(7).isEmpty());
    String id = Slug.of(row.get(2) + " " + row.get(3));
    if (!row.get(6).isEmpty()) {
      id += "-mother";
    }
    records.add(id, related);
    byPatient.put(row.get(0), related);
    Person person = person(related.getNameFirstRep(), related.getGender());
    link(person, related, IdentityAssuranceLevel.LEVEL3);
    if (!row.get(6).isEmpty()) {
      link(person, records.get(Patient.class, row.get(6)), IdentityAssuranceLevel.LEVEL3);
    }
    records.add(id.replace("-mother", ""), person);
  }

  private void addOwnAccount(String id) {
    Patient patient = records.get(Patient.class, id);
    Person person = person(patient.getNameFirstRep(), patient.getGender());
    link(person, patient, IdentityAssuranceLevel.LEVEL2);
    records.add(id, person);
  }

  private static Person person(HumanName name, AdministrativeGender gender) {
    Person person = new Person().setActive(true).setGender(gender);
    person.addName(name.copy());
    return person;
  }

  private static void link(Person person, Resource target, IdentityAssuranceLevel level) {
    Reference reference = Records.to(target);
    person.addLink().setTarget(reference).setAssurance(level);
  }

  private static String display(String code) {
    return switch (code) {
      case "MTH" -> "mother";
      case "FTH" -> "father";
      case "HUSB" -> "husband";
      case "WIFE" -> "wife";
      default -> "natural daughter";
    };
  }
}
