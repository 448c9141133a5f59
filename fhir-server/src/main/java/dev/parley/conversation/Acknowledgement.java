// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Duration;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskOutputComponent;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** The Task by which somebody is asked to say that they have taken note of a message. */
final class Acknowledgement {
  /** Of a message: true asks every recipient for an acknowledgement. A stat message always does. */
  static final String URL = Codes.ACKNOWLEDGE;

  /** Of a message, valueDuration: how long whoever is asked has for it. */
  static final String WITHIN = Codes.ACKNOWLEDGE_WITHIN;

  static final String CODE = "acknowledge";

  private Acknowledgement() {}

  static boolean is(Task task) {
    return Codes.has(task.getCode(), "task", CODE);
  }

  static boolean isGiven(Task task) {
    return is(task) && task.getStatus() == TaskStatus.COMPLETED;
  }

  static boolean isOpen(Task task) {
    return is(task)
        && task.getStatus() != TaskStatus.COMPLETED
        && task.getStatus() != TaskStatus.CANCELLED;
  }

  static boolean isDemanded(Communication message) {
    Extension asked = message.getExtensionByUrl(URL);
    return message.getPriority() == CommunicationPriority.STAT
        || asked != null
            && asked.getValue() instanceof BooleanType yes
            && Boolean.TRUE.equals(yes.getValue());
  }

  static Task task(String id, Communication message, String owner, Date now) {
    Task task = new Task();
    task.setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER);
    task.setPriority(OwnTask.priority(message));
    task.setCode(
        new CodeableConcept(
            new Coding(Codes.TASKS, CODE, "Say that you have taken note of a message")));
    task.setFocus(new Reference("Communication/" + id));
    if (message.hasSubject()) {
      task.setFor(message.getSubject().copy());
    }
    task.setRequester(message.getSender().copy());
    task.setOwner(new Reference(owner));
    task.setAuthoredOnElement(Moments.utc(now));
    Extension within = message.getExtensionByUrl(WITHIN);
    if (within != null
        && within.getValue() instanceof Duration time
        && "min".equals(time.getCode())
        && time.hasValue()) {
      long minutes = time.getValue().longValue();
      Date due = Date.from(now.toInstant().plus(minutes, ChronoUnit.MINUTES));
      task.getRestriction().getPeriod().setEndElement(Moments.utc(due));
    }
    return task;
  }

  static void give(Task task, String who) {
    task.setStatus(TaskStatus.COMPLETED);
    TaskOutputComponent by = task.addOutput();
    by.setType(new CodeableConcept(new Coding(Codes.TASKS, "acknowledged-by", null)));
    by.setValue(new Reference(who));
  }
}
