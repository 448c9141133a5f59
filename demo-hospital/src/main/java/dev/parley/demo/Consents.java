// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalTime;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.Enumerations.DocumentReferenceStatus;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;

/** The written consent to secure messaging, with the signed form it rests on. */
final class Consents {
  static final String NEVER_ASKED = "giuseppe-stehr";
  static final String WITHDRAWN = "alayna-orn";

  private static final Set<String> NO_SMS = Set.of("blanca-carbajal", "herb-bosco", "tameka-swift");

  private final Records records;
  private final Families families;

  Consents(Records records, Families families) {
    this.records = records;
    this.families = families;
  }

  void add(List<Patient> patients) {
    int signed = -320;
    for (Patient patient : patients) {
      if (!patient.getIdPart().equals(NEVER_ASKED)) {
        add(patient, Math.max(signed, BaseDate.daysTo(patient) + 20));
        signed += 5;
      }
    }
  }

  private void add(Patient patient, int day) {
    Reference signer =
        families.proxyOf(patient.getIdPart()).map(Records::to).orElse(Records.to(patient));
    DocumentReference form = form(patient, signer, day);
    records.add("consent-form-" + patient.getIdPart(), form);
    boolean withdrawn = patient.getIdPart().equals(WITHDRAWN);
    Consent consent = new Consent();
    consent.setStatus(withdrawn ? ConsentState.INACTIVE : ConsentState.ACTIVE);
    consent.setScope(Codes.hl7("consentscope", "patient-privacy", "Privacy Consent"));
    consent.addCategory(Codes.concept(Codes.LOINC, "59284-0", "Patient Consent"));
    consent.addCategory(Codes.ours("consent-kind", "secure-messaging"));
    consent.setPatient(Records.to(patient)).setDateTimeElement(BaseDate.dateTime(day));
    consent.addPerformer(signer);
    consent.addOrganization().setReference(Departments.HOSPITAL);
    consent.setSource(Records.to(form));
    consent.setPolicyRule(Codes.hl7("v3-ActCode", "OPTINR", "opt-in with restrictions"));
    consent
        .addVerification()
        .setVerified(true)
        .setVerifiedWith(signer.copy())
        .setVerificationDateElement(BaseDate.dateTime(day));
    provision(consent, patient, day, withdrawn ? -9 : day + 730);
    records.add("messaging-" + patient.getIdPart(), consent);
  }

  private void provision(Consent consent, Patient patient, int from, int to) {
    var provision = consent.getProvision().setType(ConsentProvisionType.PERMIT);
    provision.setPeriod(BaseDate.period(from, to));
    actor(provision, "CareTeam/team-" + patient.getIdPart());
    actor(provision, Departments.HOSPITAL);
    families
        .proxyOf(patient.getIdPart())
        .ifPresent(p -> actor(provision, "RelatedPerson/" + p.getIdPart()));
    provision.addPurpose(new Coding(Codes.HL7 + "v3-ActReason", "TREAT", "treatment"));
    provision.addClass_(
        new Coding("http://hl7.org/fhir/resource-types", "Communication", "Communication"));
    if (NO_SMS.contains(patient.getIdPart())) {
      provision.addProvision().setType(ConsentProvisionType.DENY).addCode(Codes.text("sms"));
    }
    provision
        .addProvision()
        .setType(ConsentProvisionType.DENY)
        .addPurpose(new Coding(Codes.HL7 + "v3-ActReason", "HMARKT", "healthcare marketing"));
  }

  private static void actor(ProvisionComponent provision, String reference) {
    provision
        .addActor()
        .setRole(Codes.hl7("v3-ParticipationType", "IRCP", "information recipient"))
        .setReference(new Reference(reference));
  }

  private static DocumentReference form(Patient patient, Reference signer, int day) {
    String name = patient.getNameFirstRep().getNameAsSingleString();
    byte[] text =
        ("Consent to secure messaging with Riverside Hospital\n\nPatient: "
                + name
                + "\n\nI agree that my care team may write to me by secure message about my care."
                + " I know that messages are not for emergencies, that they become part of my"
                + " record, and that I can withdraw this consent at any time.\n\nSigned by hand"
                + " and scanned at the front desk.\n")
            .getBytes(StandardCharsets.UTF_8);
    Attachment attachment = new Attachment().setContentType("text/plain").setData(text);
    attachment.setHash(sha1(text)).setSize(text.length).setTitle("Signed consent form");
    attachment.setCreationElement(BaseDate.dateTime(day));
    DocumentReference form = new DocumentReference().setStatus(DocumentReferenceStatus.CURRENT);
    form.setType(Codes.concept(Codes.LOINC, "59284-0", "Patient Consent"));
    form.setSubject(Records.to(patient)).addAuthor(signer.copy());
    form.setDateElement(BaseDate.instant(BaseDate.at(day, LocalTime.of(10, 15))));
    form.addContent().setAttachment(attachment);
    return form;
  }

  private static byte[] sha1(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
