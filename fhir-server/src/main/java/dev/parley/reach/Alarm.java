// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import java.time.Instant;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskPriority;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** The Task that tells a sender whom their message does not reach, and those that ask others. */
final class Alarm {
  static final String IDENTIFIER = "https://parley.dev/fhir/unreached";
  static final String NOBODY = "nobody-reachable";
  static final String UNDELIVERED = "undelivered";
  static final String UNACKNOWLEDGED = "unacknowledged";

  private Alarm() {}

  /** Under which a recipient's is made once. */
  static String key(Unreached.Late late) {
    return late.sent().reference() + "/" + late.recipient();
  }

  /** Tells the sender. */
  static Task of(Unreached.Late late, Instant now) {
    Task alarm = new Task().setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER);
    alarm.addIdentifier().setSystem(IDENTIFIER).setValue(key(late));
    alarm.setCode(Codes.ours("task", Tasks.UNREACHED)).setPriority(TaskPriority.STAT);
    alarm.setFocus(new Reference(late.sent().reference()));
    alarm.setFor(late.sent().message().getSubject().copy());
    alarm.setOwner(new Reference(late.sent().sender()));
    alarm.setAuthoredOnElement(Moments.utc(now));
    OwnTask.part(alarm, "recipient", late.recipient());
    return alarm;
  }

  /** What it says from now on. */
  static void tell(Task alarm, String reason, NextRung.Rung rung, Instant next) {
    alarm.setStatusReason(Codes.ours("work-reason", reason));
    alarm.setBusinessStatus(Codes.ours("work-status", rung.who() == null ? NOBODY : "asked"));
    alarm.setDescription(
        (reason.equals(UNDELIVERED)
                ? "No device of a recipient has your message. "
                : "A recipient has not acknowledged your message. ")
            + (rung.who() == null ? "Nobody else could be asked." : "Somebody else is asked."));
    alarm
        .getExtension()
        .removeIf(
            e ->
                Codes.ESCALATION_STEP.equals(e.getUrl())
                    || Codes.NEXT_ESCALATION.equals(e.getUrl()));
    alarm.addExtension(Codes.ESCALATION_STEP, new IntegerType(rung.step()));
    if (next != null) {
      alarm.addExtension(Codes.NEXT_ESCALATION, Moments.utc(next));
    }
    if (rung.who() != null) {
      OwnTask.part(alarm, "asked", rung.who());
    }
  }

  /** Asks somebody else. */
  static Task rung(Unreached.Late late, NextRung.Rung rung, String reason, Instant now) {
    Task task =
        OwnTask.of(
            Tasks.STAND_IN,
            "A stat message has not reached somebody: accept to see to it, or decline",
            now);
    task.addIdentifier().setSystem(IDENTIFIER).setValue("%s/%d".formatted(key(late), rung.step()));
    task.setPriority(TaskPriority.STAT);
    task.setReasonCode(Codes.ours("work-reason", reason));
    task.setFocus(new Reference(late.sent().reference()));
    task.setFor(late.sent().message().getSubject().copy());
    task.setRequester(new Reference(late.sent().sender()));
    task.setOwner(new Reference(rung.who()));
    OwnTask.part(task, "instead-of", late.recipient());
    return task;
  }

  /** How often somebody was asked. */
  static int step(Task alarm) {
    return alarm.getExtensionByUrl(Codes.ESCALATION_STEP) != null
            && alarm.getExtensionByUrl(Codes.ESCALATION_STEP).getValue()
                instanceof IntegerType count
        ? count.getValue()
        : 0;
  }

  /** Whether it was told that nobody could be asked, for the last time. */
  static boolean isNobodyLeft(Task alarm) {
    return next(alarm) == null
        && alarm.getBusinessStatus().getCoding().stream().anyMatch(c -> NOBODY.equals(c.getCode()));
  }

  static Instant next(Task alarm) {
    return alarm.getExtensionByUrl(Codes.NEXT_ESCALATION) != null
            && alarm.getExtensionByUrl(Codes.NEXT_ESCALATION).getValue() instanceof DateTimeType at
        ? at.getValue().toInstant()
        : null;
  }
}
