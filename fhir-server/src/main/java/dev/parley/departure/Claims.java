// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.OwnTask;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** What staff hold: Tasks that they own, messages that would go out in their name. */
final class Claims {
  static final String TAKE_OVER = "take-over-message";
  private static final List<String> OPEN =
      List.of("requested", "received", "accepted", "ready", "in-progress", "on-hold");
  private static final List<String> POOLS =
      List.of("HealthcareService/", "CareTeam/", "Group/", "Organization/", "PractitionerRole/");

  private final Chart chart;
  private final Settling settling;

  Claims(Chart chart, Settling settling) {
    this.chart = chart;
    this.settling = settling;
  }

  /**
   * Steps by which what these people or roles hold goes back.
   *
   * @param pool whether what came from there (null: from nowhere known) goes back
   */
  List<Step> released(
      List<String> holders, String reason, Predicate<String> pool, Connection connection)
      throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (StoredResource stored :
        Lookup.inState(connection, "Task", OPEN, List.of("owner"), holders)) {
      Optional<String> from = poolBefore(stored, holders, connection);
      if (pool.test(from.orElse(null))) {
        steps.add(settling.change(stored, Task.class, task -> release(task, from, holders)));
      }
    }
    for (StoredResource stored :
        Lookup.inState(
            connection, "Communication", List.of("on-hold"), List.of("sender"), holders)) {
      Communication message = chart.parse(stored, Communication.class);
      Optional<String> to = poolOf(message, connection);
      if (message.hasPayload() && pool.test(to.orElse(null))) {
        steps.add(
            settling.change(
                stored,
                Communication.class,
                m -> {
                  if (m.getStatus() == CommunicationStatus.ONHOLD) {
                    m.setStatus(CommunicationStatus.NOTDONE);
                    m.setStatusReason(Codes.ours("stopped", reason));
                  }
                }));
        steps.add(settling.create(takeOver(stored.reference(), message, to)));
      }
    }
    return steps;
  }

  private void release(Task task, Optional<String> from, List<String> holders) {
    if (chart.local(task.getOwner()).filter(holders::contains).isEmpty()) {
      return;
    }
    task.setStatus(TaskStatus.REQUESTED);
    task.setOwner(from.map(Reference::new).orElse(null));
    task.setBusinessStatus(null);
    task.setLastModifiedElement(settling.now());
  }

  /** Who had it last before somebody took it: the pool that it came from. */
  private Optional<String> poolBefore(
      StoredResource stored, List<String> holders, Connection connection) throws SQLException {
    for (StoredResource version : Lookup.before(connection, stored.reference())) {
      Optional<String> owner = chart.local(chart.parse(version, Task.class).getOwner());
      if (owner.isPresent()
          && !holders.contains(owner.get())
          && POOLS.stream().anyMatch(owner.get()::startsWith)) {
        return owner;
      }
    }
    return Optional.empty();
  }

  /** The pool or team that takes part in its thread. */
  private Optional<String> poolOf(Communication message, Connection connection)
      throws SQLException {
    Optional<String> thread = chart.local(message.getPartOfFirstRep());
    Optional<Communication> header =
        thread.isEmpty()
            ? Optional.empty()
            : chart.find(connection, thread.get(), Communication.class);
    return Stream.concat(
            message.getRecipient().stream(),
            header.stream()
                .flatMap(h -> Stream.concat(h.getRecipient().stream(), Stream.of(h.getSender()))))
        .flatMap(r -> chart.local(r).stream())
        .filter(r -> POOLS.stream().anyMatch(r::startsWith))
        .findFirst();
  }

  private Task takeOver(String reference, Communication message, Optional<String> pool) {
    Task task = new Task().setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER);
    task.setCode(Codes.ours("task", TAKE_OVER));
    task.setDescription("A message was to be sent by somebody who has left: send it, or do not");
    task.setFocus(new Reference(reference));
    if (message.hasSubject()) {
      task.setFor(message.getSubject().copy());
    }
    if (message.hasPriority()) {
      task.setPriority(OwnTask.priority(message));
    }
    pool.ifPresent(p -> task.setOwner(new Reference(p)));
    task.setAuthoredOnElement(settling.now());
    return task;
  }
}
