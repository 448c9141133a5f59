// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Lookup;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskPriority;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** Opens and ends the work that a conversation is. */
final class AnswerTasks {
  /** System of {@code performerType}, by which a pool's work is searched for: {@code performer}. */
  private static final Duration OPENING = Duration.ofSeconds(2);

  private static final int LOOKED_AT = 100;

  private final FhirContext fhir;
  private final Chart chart;
  private final Ladders ladders;

  AnswerTasks(FhirContext fhir, Chart chart, Ladders ladders) {
    this.fhir = fhir;
    this.chart = chart;
    this.ladders = ladders;
  }

  /** A Task; none if the conversation is that pool's work already, unless it became more urgent. */
  List<Step> open(AnswerRule.Asked asked, Connection connection) throws SQLException {
    for (StoredResource each : about(asked.sent().thread(), connection)) {
      Work work = new Work(chart.parse(each, Task.class));
      if (work.is(Work.ANSWER) && work.isOpen() && asked.pool().reference().equals(work.pool())) {
        return isSooner(asked, work) ? List.of(sooner(each, asked)) : List.of();
      }
    }
    return List.of(Step.create(Draft.of(task(asked), fhir), null));
  }

  private static boolean isSooner(AnswerRule.Asked asked, Work work) {
    return priority(asked).ordinal() > work.task().getPriority().ordinal()
        || asked.due() != null && (work.due() == null || asked.due().isBefore(work.due()));
  }

  private static TaskPriority priority(AnswerRule.Asked asked) {
    return TaskPriority.fromCode(asked.sent().priority());
  }

  private Step sooner(StoredResource stored, AnswerRule.Asked asked) {
    return patch(
        stored,
        work -> {
          if (priority(asked).ordinal() > work.task().getPriority().ordinal()) {
            work.task().setPriority(priority(asked));
          }
          if (asked.due() != null && (work.due() == null || asked.due().isBefore(work.due()))) {
            work.task().getRestriction().getPeriod().setEndElement(Moments.utc(asked.due()));
            if (work.step() == 0) {
              work.escalation(0, ladders.first(asked.pool().service(), asked.due()));
            }
          }
        });
  }

  private Task task(AnswerRule.Asked asked) {
    Pool pool = asked.pool();
    Task task = OwnTask.of(Work.ANSWER, "A message waits for an answer", asked.at());
    task.setPriority(priority(asked));
    task.setFocus(new Reference(asked.sent().thread()));
    task.setFor(asked.sent().message().getSubject().copy());
    task.addExtension(Codes.POOL, new Reference(pool.reference()));
    task.addPerformerType(Codes.of(Codes.POOLS, pool.reference()));
    OwnTask.part(task, "message", asked.sent().reference());
    OwnTask.part(task, "from", asked.sent().sender());
    Work work = new Work(task);
    work.owner(pool.owner(), pool.isClaimed() ? Work.CLAIMED : Work.UNASSIGNED);
    if (asked.due() != null) {
      task.getRestriction().getPeriod().setEndElement(Moments.utc(asked.due()));
      work.escalation(0, ladders.first(pool.service(), asked.due()));
    }
    return task;
  }

  /** The work and all of its rungs end with the answer. */
  List<Step> answered(Sent answer, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (StoredResource each : about(answer.thread(), connection)) {
      Work stored = new Work(chart.parse(each, Task.class));
      if (stored.isOpen() && stored.is(Work.ANSWER)) {
        steps.add(
            patch(
                each,
                work -> {
                  work.end(TaskStatus.COMPLETED, Work.reason("answered"));
                  work.task()
                      .addOutput()
                      .setType(Codes.ours("work-part", "answer"))
                      .setValue(new Reference(answer.reference()));
                }));
      } else if (stored.isOpen() && (stored.is(Work.OVERDUE) || stored.is(Work.HANDOVER))) {
        steps.add(patch(each, w -> w.end(TaskStatus.COMPLETED, Work.reason("answered"))));
      }
    }
    return steps;
  }

  /** Ends the work if nothing that the patient's side has said since it was opened is left. */
  List<Step> withdrawn(String thread, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (StoredResource each : about(thread, connection)) {
      Work work = new Work(chart.parse(each, Task.class));
      if (work.isOpen() && work.is(Work.ANSWER) && !isStillAsked(thread, work, connection)) {
        steps.addAll(ended(thread, "withdrawn", connection));
      }
    }
    return steps;
  }

  private boolean isStillAsked(String thread, Work work, Connection connection)
      throws SQLException {
    // A message is sent some milliseconds before its work is opened.
    Instant since = work.task().getAuthoredOn().toInstant().minus(OPENING);
    List<StoredResource> newest = Lookup.newest(connection, thread, LOOKED_AT);
    for (StoredResource each : newest) {
      Communication message = chart.parse(each, Communication.class);
      if (message.getStatus() != CommunicationStatus.ENTEREDINERROR
          && message.hasSent()
          && !message.getSent().toInstant().isBefore(since)
          && chart.local(message.getSender()).filter(Chart::isPatientSide).isPresent()) {
        return true;
      }
    }
    return newest.size() == LOOKED_AT;
  }

  /** Ends the work of a conversation, and all of its rungs, without an answer. */
  List<Step> ended(String thread, String reason, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>(partsEnded(thread, reason, connection));
    for (StoredResource each : about(thread, connection)) {
      Work stored = new Work(chart.parse(each, Task.class));
      if (stored.isOpen() && stored.is(Work.ANSWER)) {
        steps.add(patch(each, w -> w.end(TaskStatus.CANCELLED, Work.reason(reason))));
      }
    }
    return steps;
  }

  /** Ends the rungs and questions of work that has ended. */
  List<Step> partsEnded(String thread, String reason, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (StoredResource each : about(thread, connection)) {
      Work stored = new Work(chart.parse(each, Task.class));
      if (stored.isOpen() && (stored.is(Work.OVERDUE) || stored.is(Work.HANDOVER))) {
        steps.add(patch(each, w -> w.end(TaskStatus.CANCELLED, Work.reason(reason))));
      }
    }
    return steps;
  }

  private static List<StoredResource> about(String thread, Connection connection)
      throws SQLException {
    return Lookup.referring(connection, "Task", "focus", List.of(thread));
  }

  /** A change of a Task as it is then, by the server. */
  Step patch(StoredResource stored, Consumer<Work> change) {
    return Step.change(fhir, Task.class, stored.id(), task -> change.accept(new Work(task)));
  }

  /** A rung of the ladder, or a question to take over: part of the work. */
  static Task part(String code, Work work, String reference, String owner, Instant now) {
    Task part = new Task().setIntent(TaskIntent.ORDER).setStatus(TaskStatus.REQUESTED);
    part.setCode(Codes.ours("task", code));
    part.addPartOf(new Reference(reference));
    part.setFocus(work.task().getFocus().copy());
    part.setFor(work.task().getFor().copy());
    part.setPriority(work.task().getPriority());
    part.setOwner(new Reference(owner));
    part.setAuthoredOnElement(Moments.utc(now));
    if (work.pool() != null) {
      part.addExtension(Codes.POOL, new Reference(work.pool()));
      part.addPerformerType(Codes.of(Codes.POOLS, work.pool()));
    }
    return part;
  }
}
