// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.store.Chart;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** Our own addresses and codes, and how they stand on a Task. */
final class Codes {
  static final String EXTENSIONS = "https://parley.dev/fhir/StructureDefinition/";
  static final String SYSTEMS = "https://parley.dev/fhir/CodeSystem/";
  static final String NEXT = EXTENSIONS + "next-escalation";
  static final String STEP = EXTENSIONS + "escalation-step";

  /** Written by {@code conversation} for each recipient of a stat message. */
  static final String ACKNOWLEDGE = "acknowledge";

  /** A rung; written by {@code availability} too. */
  static final String STAND_IN = "stand-in";

  /** Tells a sender. */
  static final String UNREACHED = "unreached";

  /** Work for the sender's pool. */
  static final String UNREAD = "unread-by-patient";

  private static final Set<TaskStatus> OPEN =
      EnumSet.of(
          TaskStatus.REQUESTED,
          TaskStatus.RECEIVED,
          TaskStatus.ACCEPTED,
          TaskStatus.INPROGRESS,
          TaskStatus.ONHOLD);

  private Codes() {}

  static CodeableConcept ours(String system, String code) {
    return new CodeableConcept(new Coding().setSystem(SYSTEMS + system).setCode(code));
  }

  static boolean is(Task task, String code) {
    return task.getCode().getCoding().stream()
        .anyMatch(c -> (SYSTEMS + "task").equals(c.getSystem()) && code.equals(c.getCode()));
  }

  static boolean isOpen(Task task) {
    return OPEN.contains(task.getStatus());
  }

  static void part(Task task, String part, String reference) {
    task.addInput().setType(ours("work-part", part)).setValue(new Reference(reference));
  }

  /** What a part of a Task names. */
  static Optional<String> part(Task task, String part, Chart chart) {
    return task.getInput().stream()
        .filter(i -> i.getType().getCoding().stream().anyMatch(c -> part.equals(c.getCode())))
        .filter(i -> i.getValue() instanceof Reference)
        .flatMap(i -> chart.local((Reference) i.getValue()).stream())
        .findFirst();
  }
}
