// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import java.time.Clock;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;

/** The fixed words that pass without a consent, and what the privacy officer is told. */
final class Notices {
  static final String EMERGENCY_MESSAGE = "emergency-message";

  private final String organization;
  private final Clock clock;

  Notices(String organization, Clock clock) {
    this.organization = organization;
    this.clock = clock;
  }

  /** "There is a form to read and sign." */
  Communication request(String patient, String consent) {
    return notice(
        patient,
        consent,
        Pass.CONSENT_REQUEST,
        "Please read and decide whether we may write to each other by secure message. Messages"
            + " complement visits and calls, they do not replace them, and they are not for"
            + " emergencies.");
  }

  /** "You have withdrawn it." */
  Communication confirmation(String patient, String consent) {
    return notice(
        patient,
        consent,
        Pass.WITHDRAWAL_CONFIRMATION,
        "You have withdrawn your consent to secure messages. We do not write to you here any more;"
            + " what was written stays readable.");
  }

  private Communication notice(String patient, String consent, Pass pass, String words) {
    Communication notice = new Communication().setStatus(CommunicationStatus.COMPLETED);
    notice.addCategory(Codes.notification());
    notice.setSubject(new Reference(patient));
    notice.addRecipient(new Reference(patient));
    if (!organization.isEmpty()) {
      notice.setSender(new Reference(organization));
    }
    notice.addAbout(new Reference(consent));
    notice.setSentElement(Moments.utc(clock.instant()));
    notice.addPayload().setContent(new StringType(words));
    pass.mark(notice);
    return notice;
  }

  /** For the privacy officer: who wrote under ETREAT to whom. The reason is in the audit. */
  Task emergency(String message, Communication sent, String author) {
    Task task =
        OwnTask.of(
            EMERGENCY_MESSAGE,
            "A message was sent without a consent under purpose ETREAT: review it",
            clock.instant());
    task.addPerformerType(Codes.ours("role", "privacy-officer"));
    task.setFocus(new Reference(message));
    task.setFor(sent.getSubject().copy());
    task.setRequester(new Reference(author));
    return task;
  }
}
