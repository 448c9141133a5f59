// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import java.time.Instant;
import java.util.Map;
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

  /** What a patient does not read: work of the sender's pool; written by {@code reach}. */
  static final String UNREAD = "unread-by-patient";

  /** A rung: part of the work, owner = who is told that it is late. */
  static final String OVERDUE = "answer-overdue";

  /** Part of the work, owner = who is asked to take it. */
  static final String HANDOVER = "handover";

  /** A delegate is asked to stand in; written by {@code availability}. */
  static final String COVER = "cover-request";

  /** A message that somebody stands in for; written by {@code availability}. */
  static final String STAND_IN = "stand-in";

  private static final String POOLS = "(HealthcareService|PractitionerRole|CareTeam)/.+";

  static final String UNASSIGNED = "unassigned";
  static final String CLAIMED = "claimed";
  static final String ESCALATED = "escalated";

  private static final Set<String> OURS =
      Set.of(ANSWER, UNREAD, OVERDUE, HANDOVER, COVER, STAND_IN);

  /** What answers to operations of a message, or ends by itself. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "acknowledge", "it asks for an acknowledgement: $acknowledge its message",
          "unreached", "it tells a sender, and ends with the acknowledgement or a recall");

  /** Whether it changes by the operations only. */
  static boolean isOurs(Resource resource) {
    return resource instanceof Task task
        && Codes.ours(task.getCode(), "task").stream().anyMatch(OURS::contains);
  }

  boolean is(String code) {
    return Codes.has(task.getCode(), "task", code);
  }

  /** Work that a pool shares, and that changes by the operations only. */
  boolean isShared() {
    return is(ANSWER) || is(UNREAD);
  }

  /** What is to be done with it instead of taking it; null if it can be taken. */
  String instead() {
    if (isOurs(task) && !isShared()) {
      return "it asks somebody something: $accept or $decline it";
    }
    return OTHERS.entrySet().stream()
        .filter(other -> is(other.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  boolean isOpen() {
    return OwnTask.isOpen(task);
  }

  boolean has(String businessStatus) {
    return Codes.has(task.getBusinessStatus(), "work-status", businessStatus);
  }

  void set(String businessStatus) {
    task.setBusinessStatus(Codes.ours("work-status", businessStatus));
  }

  /**
   * "HealthcareService/x", or the role or team that it was for before somebody took it; or null.
   */
  String pool() {
    if (value(task, Codes.POOL) instanceof Reference pool) {
      return pool.getReference();
    }
    String owner = task.getOwner().getReference();
    return owner != null && owner.matches(POOLS) ? owner : null;
  }

  Instant due() {
    return task.getRestriction().getPeriod().hasEnd()
        ? task.getRestriction().getPeriod().getEnd().toInstant()
        : null;
  }

  /** When the next rung is climbed; null for never. */
  Instant next() {
    return value(task, Codes.NEXT_ESCALATION) instanceof DateTimeType at
        ? at.getValue().toInstant()
        : null;
  }

  /** How many rungs have been climbed. */
  int step() {
    return value(task, Codes.ESCALATION_STEP) instanceof IntegerType count ? count.getValue() : 0;
  }

  private static Type value(Task task, String url) {
    Extension extension = task.getExtensionByUrl(url);
    return extension == null ? null : extension.getValue();
  }

  void escalation(int step, Instant next) {
    task.getExtension()
        .removeIf(
            e ->
                Codes.NEXT_ESCALATION.equals(e.getUrl())
                    || Codes.ESCALATION_STEP.equals(e.getUrl()));
    task.addExtension(Codes.ESCALATION_STEP, new IntegerType(step));
    if (next != null) {
      task.addExtension(Codes.NEXT_ESCALATION, Moments.utc(next));
    }
  }

  /** Gives it to somebody, or back to its pool. */
  void owner(String owner, String businessStatus) {
    if (pool() != null && !task.hasExtension(Codes.POOL)) {
      task.addExtension(Codes.POOL, new Reference(pool()));
    }
    task.setOwner(new Reference(owner));
    task.setStatus(
        UNASSIGNED.equals(businessStatus) ? TaskStatus.REQUESTED : TaskStatus.INPROGRESS);
    set(businessStatus);
  }

  void end(TaskStatus status, CodeableConcept reason) {
    task.setStatus(status);
    task.setStatusReason(reason);
    task.getExtension().removeIf(e -> Codes.NEXT_ESCALATION.equals(e.getUrl()));
  }

  static CodeableConcept reason(String code) {
    return Codes.ours("work-reason", code);
  }
}
