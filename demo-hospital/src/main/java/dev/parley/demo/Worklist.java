// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskPriority;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** Work for the pools: whose turn it is in a conversation, and until when an answer is due. */
final class Worklist {
  private final Records records;
  private final Staff staff;

  Worklist(Records records, Staff staff) {
    this.records = records;
    this.staff = staff;
  }

  void add() {
    Table.read("worklist.txt").forEach(this::add);
  }

  private void add(List<String> row) {
    Communication thread = records.get(Communication.class, "thread-" + row.get(0));
    OffsetDateTime start = OffsetDateTime.parse(thread.getSentElement().getValueAsString());
    Task task = new Task().setStatus(TaskStatus.fromCode(row.get(2))).setIntent(TaskIntent.ORDER);
    task.setCode(Codes.ours("task-kind", "answer-conversation"));
    task.setPriority(TaskPriority.fromCode(row.get(4)));
    task.setBusinessStatus(Codes.ours("pool-status", row.get(5))).setDescription(row.get(7));
    task.setFocus(Records.to(thread)).setFor(thread.getSubject().copy());
    task.setAuthoredOnElement(BaseDate.dateTime(start));
    task.setRequester(new Reference(Participants.ASSISTANT));
    HealthcareService pool = records.get(HealthcareService.class, row.get(1));
    task.addPerformerType(pool.getSpecialtyFirstRep().copy());
    OffsetDateTime due = start.plus(Duration.ofHours(Long.parseLong(row.get(6))));
    task.getRestriction()
        .setPeriod(BaseDate.period(start, due))
        .addRecipient(pool.getProvidedBy().copy());
    if (row.get(3).isEmpty()) {
      task.setOwner(Records.to(pool));
    } else {
      claim(task, "Practitioner/" + staff.get(row.get(3)).id(), row.get(0));
    }
    records.add("answer-" + row.get(0), task);
  }

  private void claim(Task task, String owner, String script) {
    task.setOwner(new Reference(owner));
    Optional<Communication> answer =
        records
            .all(
                Communication.class,
                c ->
                    c.getPartOfFirstRep().getReference() != null
                        && c.getPartOfFirstRep().getReference().endsWith("/thread-" + script)
                        && c.getSender().getReference().equals(owner))
            .stream()
            .min(Comparator.comparing(Communication::getSent));
    answer.ifPresent(a -> task.setLastModifiedElement(a.getSentElement().copy()));
    if (task.getStatus() == TaskStatus.COMPLETED && answer.isPresent()) {
      task.addOutput()
          .setType(Codes.ours("task-output", "answer"))
          .setValue(Records.to(answer.get()));
    }
  }
}
