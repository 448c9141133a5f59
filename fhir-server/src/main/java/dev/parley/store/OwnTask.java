// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskPriority;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** Tasks that the server opens: their code is one of our CodeSystem {@code task}. */
public final class OwnTask {
  /** Somebody has yet to do it. */
  private static final Set<TaskStatus> OPEN =
      Collections.unmodifiableSet(
          EnumSet.of(
              TaskStatus.REQUESTED,
              TaskStatus.RECEIVED,
              TaskStatus.ACCEPTED,
              TaskStatus.INPROGRESS,
              TaskStatus.ONHOLD));

  private OwnTask() {}

  /**
   * One that is to be done, of this moment.
   *
   * @param words what there is to do, for people
   */
  public static Task of(String code, String words, Instant now) {
    Task task = new Task().setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER);
    task.setCode(Codes.ours("task", code)).setDescription(words);
    return task.setAuthoredOnElement(Moments.utc(now));
  }

  /** As urgent as a message is. */
  public static TaskPriority priority(Communication message) {
    return message.hasPriority()
        ? TaskPriority.fromCode(message.getPriority().toCode())
        : TaskPriority.ROUTINE;
  }

  /** Says what it is about besides: {@code message}, {@code from}, {@code instead-of}. */
  public static void part(Task task, String part, String reference) {
    task.addInput().setType(Codes.ours("work-part", part)).setValue(new Reference(reference));
  }

  public static boolean isOpen(Task task) {
    return OPEN.contains(task.getStatus());
  }

  /** The same for a search: a list of codes. */
  public static String open() {
    return OPEN.stream().map(TaskStatus::toCode).collect(Collectors.joining(","));
  }
}
