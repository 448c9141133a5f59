// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;
import org.hl7.fhir.r4.model.Type;

/**
 * A Task as this feature reads it: the work of answering a conversation, a rung of its ladder, or a
 * question to somebody whether they take it over.
 */
record Work(Task task) {
  /** The work: focus = the conversation, for = the patient, owner = the pool or who has it. */
  static final String ANSWER = "answer-message";

  /** A rung: part of the work, owner = who is told that it is late. */
  static final String OVERDUE = "answer-overdue";

  /** Part of the work, owner = who is asked to take it. */
  static final String HANDOVER = "handover";

  /** A delegate is asked to stand in; written by {@code availability}. */
  static final String COVER = "cover-request";

  /** A message that somebody stands in for; written by {@code availability}. */
  static final String STAND_IN = "stand-in";

  static final String POOL = Codes.EXTENSIONS + "pool";
  static final String NEXT = Codes.EXTENSIONS + "next-escalation";
  static final String STEP = Codes.EXTENSIONS + "escalation-step";

  static final String UNASSIGNED = "unassigned";
  static final String CLAIMED = "claimed";
  static final String ESCALATED = "escalated";

  private static final Set<String> OURS = Set.of(ANSWER, OVERDUE, HANDOVER, COVER, STAND_IN);
  private static final Set<TaskStatus> OPEN =
      EnumSet.of(
          TaskStatus.REQUESTED,
          TaskStatus.RECEIVED,
          TaskStatus.ACCEPTED,
          TaskStatus.INPROGRESS,
          TaskStatus.ONHOLD);

  /** Whether it changes by the operations only. */
  static boolean isOurs(Resource resource) {
    return resource instanceof Task task
        && Codes.ours(task.getCode(), "task").anyMatch(OURS::contains);
  }

  boolean is(String code) {
    return Codes.has(task.getCode(), "task", code);
  }

  boolean isOpen() {
    return OPEN.contains(task.getStatus());
  }

  boolean has(String businessStatus) {
    return Codes.has(task.getBusinessStatus(), "work-status", businessStatus);
  }

  void set(String businessStatus) {
    task.setBusinessStatus(Codes.ours("work-status", businessStatus));
  }

  /** "HealthcareService/x", or the role or team that the message went to; or null. */
  String pool() {
    return value(task, POOL) instanceof Reference pool ? pool.getReference() : null;
  }

  Instant due() {
    return task.getRestriction().getPeriod().hasEnd()
        ? task.getRestriction().getPeriod().getEnd().toInstant()
        : null;
  }

  /** When the next rung is climbed; null for never. */
  Instant next() {
    return value(task, NEXT) instanceof DateTimeType at ? at.getValue().toInstant() : null;
  }

  /** How many rungs have been climbed. */
  int step() {
    return value(task, STEP) instanceof IntegerType count ? count.getValue() : 0;
  }

  private static Type value(Task task, String url) {
    Extension extension = task.getExtensionByUrl(url);
    return extension == null ? null : extension.getValue();
  }

  void escalation(int step, Instant next) {
    task.getExtension().removeIf(e -> NEXT.equals(e.getUrl()) || STEP.equals(e.getUrl()));
    task.addExtension(STEP, new IntegerType(step));
    if (next != null) {
      task.addExtension(NEXT, Times.utc(next));
    }
  }

  /** Gives it to somebody, or back to its pool. */
  void owner(String owner, String businessStatus) {
    task.setOwner(new Reference(owner));
    task.setStatus(
        UNASSIGNED.equals(businessStatus) ? TaskStatus.REQUESTED : TaskStatus.INPROGRESS);
    set(businessStatus);
  }

  void end(TaskStatus status, CodeableConcept reason) {
    task.setStatus(status);
    task.setStatusReason(reason);
    task.getExtension().removeIf(e -> NEXT.equals(e.getUrl()));
  }

  static CodeableConcept reason(String code) {
    return Codes.ours("work-reason", code);
  }
}
