// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import dev.parley.feature.OwnDevice;
import dev.parley.store.Codes;
import dev.parley.store.Moments;
import java.time.Clock;
import java.time.Duration;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** The words: fixed, and the name of the report; what it found is in the report. */
final class ResultMessages {

  private final Clock clock;
  private final Duration acknowledged;

  /**
   * @param acknowledged by when a critical result is
   */
  ResultMessages(Clock clock, Duration acknowledged) {
    this.clock = clock;
    this.acknowledged = acknowledged;
  }

  /** A conversation of the patient and the clinician about a report. */
  Communication thread(Report report, String id, String key) {
    Communication thread = about(report, id).setStatus(CommunicationStatus.INPROGRESS);
    thread.addIdentifier().setSystem(ResultTasks.IDENTIFIER).setValue(key);
    thread.setSender(
        new Reference(report.clinician() == null ? OwnDevice.REFERENCE : report.clinician()));
    thread.addRecipient(new Reference(report.patient()));
    thread.getTopic().setText("Test result");
    return thread;
  }

  /** That it is there, or that it has changed. */
  Communication message(Report report, String id, String key, String thread, boolean again) {
    Communication message = about(report, id).setStatus(CommunicationStatus.COMPLETED);
    message.addIdentifier().setSystem(ResultTasks.IDENTIFIER).setValue(key);
    message.addCategory(Codes.ours("content-class", "sensitive"));
    message.addCategory(Codes.ours("consent-kind", "secure-messaging"));
    message.addPartOf(new Reference(thread));
    message.setSender(new Reference(OwnDevice.REFERENCE));
    message.addRecipient(new Reference(report.patient()));
    if (report.clinician() != null) {
      message.addRecipient(new Reference(report.clinician()));
    }
    message.setSentElement(Moments.utc(clock.instant()));
    message
        .addPayload()
        .setContent(
            new StringType(
                (again ? "A test result has been changed: " : "A test result is ready: ")
                    + report.name()
                    + ". Ask here if something is not clear. This is an automatic message."));
    return message;
  }

  /** For staff only: a conversation about a critical result. */
  Communication criticalThread(Report report, String id, String key) {
    Communication thread = about(report, id).setStatus(CommunicationStatus.INPROGRESS);
    thread.addIdentifier().setSystem(ResultTasks.IDENTIFIER).setValue(key + "-thread");
    thread.addCategory(Codes.ours("audience", "staff-only"));
    thread.setSender(new Reference(OwnDevice.REFERENCE));
    thread.addRecipient(new Reference(report.clinician()));
    thread.getTopic().setText("Critical result");
    return thread;
  }

  /** Priority stat: whoever gets it is asked to acknowledge it. */
  Communication critical(Report report, String id, String key, String thread) {
    Communication message = about(report, id).setStatus(CommunicationStatus.INPROGRESS);
    message.addIdentifier().setSystem(ResultTasks.IDENTIFIER).setValue(key);
    org.hl7.fhir.r4.model.Duration within = new org.hl7.fhir.r4.model.Duration();
    within.setValue(acknowledged.toMinutes()).setSystem("http://unitsofmeasure.org").setCode("min");
    message.addExtension(Codes.ACKNOWLEDGE_WITHIN, within);
    message.addCategory(Codes.ours("audience", "staff-only"));
    message.setPriority(CommunicationPriority.STAT);
    message.addPartOf(new Reference(thread));
    message.setSender(new Reference(OwnDevice.REFERENCE));
    message.addRecipient(new Reference(report.clinician()));
    message.setSentElement(Moments.utc(clock.instant()));
    message
        .addPayload()
        .setContent(
            new StringType(
                "Critical result: "
                    + report.name()
                    + ". Read it now and acknowledge this message."));
    return message;
  }

  private static Communication about(Report report, String id) {
    Communication message = new Communication();
    message.addCategory(Codes.notification());
    message.setSubject(new Reference(report.patient()));
    message.addAbout(new Reference("DiagnosticReport/" + id));
    return message;
  }
}
