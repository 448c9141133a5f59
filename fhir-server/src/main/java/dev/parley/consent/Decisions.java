// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Refusal;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Narrative.NarrativeStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** What asking, signing and withdrawing make of a Consent. */
final class Decisions {
  private static final String HL7 = "http://terminology.hl7.org/CodeSystem/";
  static final String TEXT = Codes.EXTENSIONS + "consent-text";
  static final String WITHDRAWN = Codes.EXTENSIONS + "withdrawn";

  /** What a patient may be asked to agree to: codes of our CodeSystem consent-kind. */
  static final List<String> KINDS = List.of(Asks.MESSAGING, "reminders", "result-sharing");

  private static final Set<String> OBJECTIONS = Set.of("OPTOUT", "OPTOUTE");

  private final String organization;
  private final String text;

  /**
   * @param organization "Organization/x", or empty
   * @param text what the patient is asked to sign
   */
  Decisions(String organization, String text) {
    this.organization = organization;
    this.text = text;
  }

  Consent proposal(String patient, String kind, Instant now) {
    Consent consent = new Consent().setStatus(ConsentState.PROPOSED);
    consent.setScope(Codes.of(HL7 + "consentscope", "patient-privacy"));
    consent.addCategory(Codes.of("http://loinc.org", "59284-0"));
    consent.addCategory(Codes.ours("consent-kind", kind));
    consent.setPatient(new Reference(patient));
    consent.setDateTimeElement(Moments.utc(now));
    if (!organization.isEmpty()) {
      consent.addOrganization(new Reference(organization));
    }
    consent.setPolicyRule(Codes.of(HL7 + "v3-ActCode", "OPTIN"));
    consent.addExtension(new Extension(TEXT, new StringType(text)));
    consent.getText().setStatus(NarrativeStatus.ADDITIONAL);
    consent
        .getText()
        .setDivAsString(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>"
                + SignedForm.escaped(text)
                + "</p></div>");
    return consent;
  }

  /**
   * Makes it active from now on.
   *
   * @throws Refusal 409 if it does not wait for a signature
   */
  void sign(Consent consent, String name, Attachment drawing, String who, Instant now) {
    if (consent.getStatus() != ConsentState.PROPOSED) {
      throw Refusal.conflict(
          "not-proposed",
          "Consent/%s is %s; only what is proposed can be signed: ask with $request-consent"
              .formatted(consent.getIdElement().getIdPart(), consent.getStatus().toCode()));
    }
    String read =
        consent.getExtensionString(TEXT) == null ? text : consent.getExtensionString(TEXT);
    consent.setSource(
        drawing == null
            ? SignedForm.typed(read, name, who, now)
            : SignedForm.drawn(read, drawing, who, now));
    DateTimeType at = Moments.utc(now);
    consent.setStatus(ConsentState.ACTIVE).setDateTimeElement(at);
    consent.getPerformer().clear();
    consent.addPerformer(new Reference(who));
    consent
        .addVerification()
        .setVerified(true)
        .setVerifiedWith(new Reference(who))
        .setVerificationDateElement(at.copy());
  }

  /** Ends it; what is over already stays as it is. */
  void withdraw(Consent consent, Instant now) {
    if (consent.getStatus() == ConsentState.ACTIVE) {
      consent.setStatus(ConsentState.INACTIVE);
      consent.addExtension(new Extension(WITHDRAWN, Moments.utc(now)));
    } else if (consent.getStatus() == ConsentState.PROPOSED) {
      consent.setStatus(ConsentState.REJECTED);
    }
  }

  /** Whether a Consent forbids rather than permits. */
  static boolean isObjection(Consent consent) {
    return consent.getProvision().getType() == ConsentProvisionType.DENY
        || consent.getPolicyRule().getCoding().stream()
            .anyMatch(c -> OBJECTIONS.contains(String.valueOf(c.getCode())));
  }

  /** Whether it forbids something to a proxy, or everything: nothing that a proxy takes back. */
  static boolean bindsProxies(Consent consent) {
    return isObjection(consent) || bindsProxies(consent.getProvision());
  }

  private static boolean bindsProxies(ProvisionComponent provision) {
    return provision.getType() == ConsentProvisionType.DENY
            && provision.getActor().stream()
                .anyMatch(
                    a -> String.valueOf(a.getReference().getReference()).contains("RelatedPerson/"))
        || provision.getProvision().stream().anyMatch(Decisions::bindsProxies);
  }
}
