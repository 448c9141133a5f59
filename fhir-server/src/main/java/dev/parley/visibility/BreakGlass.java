// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

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
  static final String SYSTEM = "https://parley.dev/fhir/CodeSystem/task";
  static final String ROLES = "https://parley.dev/fhir/CodeSystem/role";
  static final String PRIVACY_OFFICER = "privacy-officer";
  private static final String CODE = "break-glass";

  private BreakGlass() {}

  static boolean is(Task task) {
    return task.getCode().getCoding().stream()
        .anyMatch(c -> SYSTEM.equals(c.getSystem()) && CODE.equals(c.getCode()));
  }

  /** Whether it is work for privacy officers. */
  static boolean isForPrivacy(Task task) {
    return task.getPerformerType().stream()
        .flatMap(t -> t.getCoding().stream())
        .anyMatch(c -> ROLES.equals(c.getSystem()) && PRIVACY_OFFICER.equals(c.getCode()));
  }

  static Task task(String who, String patient, String reason, Instant from, Instant until) {
    Task task = new Task();
    task.setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER).setPriority(TaskPriority.ASAP);
    task.setCode(new CodeableConcept(new Coding(SYSTEM, CODE, "Emergency access to be reviewed")));
    task.setFor(new Reference(patient)).setFocus(new Reference(patient));
    task.setRequester(new Reference(who));
    task.setReasonCode(new CodeableConcept().setText(reason));
    task.addPerformerType(
        new CodeableConcept(new Coding(ROLES, PRIVACY_OFFICER, "Privacy officer")));
    task.setAuthoredOnElement(Moments.utc(from));
    task.getRestriction()
        .getPeriod()
        .setStartElement(Moments.utc(from))
        .setEndElement(Moments.utc(until));
    return task;
  }
}
