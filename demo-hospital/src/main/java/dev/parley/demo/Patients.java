// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import java.io.IOException;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Patient;

/** The cast as patients of this hospital, with the Synthea records that are kept of each. */
final class Patients {
  private static final Map<String, String> LANGUAGES =
      Map.of("en", "English", "es", "Spanish", "de", "German", "ar", "Arabic", "fr", "French");

  private final Records records;
  private final SyntheaRun synthea;

  Patients(Records records, SyntheaRun synthea) {
    this.records = records;
    this.synthea = synthea;
  }

  void add(FhirContext fhir, OtherProviders providers) throws IOException {
    int number = 4100;
    for (Member member : Member.cast()) {
      SyntheaBundle bundle = new SyntheaBundle(fhir, synthea.patient(member.uuid()));
      Patient original = bundle.all(Patient.class).get(0);
      records.add(member.id(), patient(member, original, number++));
      new Adoption(fhir, records, providers, member).adopt(new Chart(bundle));
    }
  }

  List<Patient> living() {
    return records.all(Patient.class, p -> !p.hasDeceased());
  }

  private static Patient patient(Member member, Patient original, int number) {
    Patient patient = new Patient().setActive(!original.hasDeceased());
    Identifier identifier = patient.addIdentifier();
    identifier.setSystem(Codes.PARLEY + "NamingSystem/mrn").setValue("MRN-00" + number);
    identifier.setType(Codes.hl7("v2-0203", "MR", "Medical record number"));
    HumanName name = patient.addName().setUse(HumanName.NameUse.OFFICIAL);
    name.setFamily(member.family()).addGiven(member.given());
    patient
        .addTelecom()
        .setSystem(ContactPointSystem.PHONE)
        .setValue("+1 413 555 0" + (number % 1000 + 200));
    patient.setGender(original.getGender()).setBirthDateElement(original.getBirthDateElement());
    patient.setDeceased(original.getDeceased());
    patient.setMaritalStatus(original.getMaritalStatus());
    var home = original.getAddressFirstRep();
    patient
        .addAddress()
        .setLine(home.getLine())
        .setCity(home.getCity())
        .setState(home.getState())
        .setPostalCode(home.getPostalCode())
        .setCountry(home.getCountry());
    patient
        .addCommunication()
        .setPreferred(true)
        .setLanguage(
            Codes.concept("urn:ietf:bcp:47", member.language(), LANGUAGES.get(member.language())));
    patient.addGeneralPractitioner().setReference("Practitioner/" + doctor(member, patient));
    patient.getManagingOrganization().setReference(Departments.HOSPITAL);
    return patient;
  }

  static boolean isMinor(Patient patient) {
    LocalDate born = LocalDate.parse(patient.getBirthDateElement().getValueAsString());
    return born.isAfter(BaseDate.DAY.minusYears(18));
  }

  private static String doctor(Member member, Patient patient) {
    if (isMinor(patient)) {
      return member.id().hashCode() % 2 == 0 ? "dr-david-osei" : "dr-mei-tanaka";
    }
    boolean german = member.language().equals("de");
    return german || member.id().hashCode() % 2 == 0 ? "dr-anna-berg" : "dr-tomas-okafor";
  }
}
