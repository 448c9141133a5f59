// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.Codes;
import dev.parley.store.Moments;
import java.time.Instant;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskPriority;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * The Task by which an emergency access is granted, told to the privacy officer, and reviewed: its
 * restriction's period is how long it lasts.
 */
final class BreakGlass {
  static final String PRIVACY_OFFICER = "privacy-officer";
  private static final String CODE = "break-glass";

  private BreakGlass() {}

  static boolean is(Task task) {
    return Codes.has(task.getCode(), "task", CODE);
  }

  /** Whether it is work for privacy officers. */
  static boolean isForPrivacy(Task task) {
    return Codes.ours(task.getPerformerType(), "role").contains(PRIVACY_OFFICER);
  }

  static Task task(String who, String patient, String reason, Instant from, Instant until) {
    Task task = new Task();
    task.setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER).setPriority(TaskPriority.ASAP);
    task.setCode(
        new CodeableConcept(new Coding(Codes.TASKS, CODE, "Emergency access to be reviewed")));
    task.setFor(new Reference(patient)).setFocus(new Reference(patient));
    task.setRequester(new Reference(who));
    task.setReasonCode(new CodeableConcept().setText(reason));
    task.addPerformerType(
        new CodeableConcept(new Coding(Codes.ROLES, PRIVACY_OFFICER, "Privacy officer")));
    task.setAuthoredOnElement(Moments.utc(from));
    task.getRestriction()
        .getPeriod()
        .setStartElement(Moments.utc(from))
        .setEndElement(Moments.utc(until));
    return task;
  }
}
