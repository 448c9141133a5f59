// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Lookup;
import dev.parley.store.OwnTask;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * Makes work of messages that a patient does not read: one open Task for a thread, found by its
 * criteria if it is there already; it ends when the patient's side has read everything.
 */
final class UnreadWatch {
  private static final int AT_ONCE = 100;
  private static final Duration LEASE = Duration.ofMinutes(5);
  private static final Duration AGAIN = Duration.ofMinutes(10);

  private final Tools tools;
  private final NextRung services;

  UnreadWatch(Tools tools, NextRung services) {
    this.tools = tools;
    this.services = services;
  }

  /** What the agenda does every minute. */
  void look() {
    tools.database().run(this::look);
  }

  private void look(Connection connection) throws SQLException {
    Instant now = tools.clock().instant();
    List<UnreadTable.Waiting> taken;
    do {
      taken = UnreadTable.take(connection, now, LEASE, AT_ONCE);
      for (UnreadTable.Waiting each : taken) {
        look(connection, each, now);
      }
    } while (taken.size() == AT_ONCE);
  }

  private void look(Connection connection, UnreadTable.Waiting waiting, Instant now)
      throws SQLException {
    if (waiting.stage() == UnreadTable.WAITING) {
      if (!waiting.over()) {
        open(connection, waiting, now);
        UnreadTable.told(connection, waiting, now.plus(AGAIN));
      } else {
        UnreadTable.done(connection, waiting);
      }
      return;
    }
    List<StoredResource> tasks = waiting.thread() == null ? List.of() : tasks(connection, waiting);
    if (!waiting.over() && !tasks.isEmpty()) {
      UnreadTable.told(connection, waiting, now.plus(AGAIN));
      return;
    }
    if (waiting.thread() != null && !UnreadTable.others(connection, waiting)) {
      tasks.forEach(this::end);
    }
    UnreadTable.done(connection, waiting);
  }

  private List<StoredResource> tasks(Connection connection, UnreadTable.Waiting waiting)
      throws SQLException {
    return Lookup.referring(
            connection, "Task", "focus", List.of("Communication/" + waiting.thread()))
        .stream()
        .filter(
            stored -> {
              Task task = tools.chart().parse(stored, Task.class);
              return Tasks.is(task, Tasks.UNREAD) && OwnTask.isOpen(task);
            })
        .toList();
  }

  private void end(StoredResource stored) {
    tools
        .own()
        .write(
            Step.change(
                tools.fhir(),
                Task.class,
                stored.id(),
                task -> {
                  if (OwnTask.isOpen(task)) {
                    task.setStatus(TaskStatus.COMPLETED);
                    task.setStatusReason(Codes.ours("work-reason", "read"));
                  }
                }));
  }

  private void open(Connection connection, UnreadTable.Waiting waiting, Instant now)
      throws SQLException {
    String reference = "Communication/" + waiting.id();
    String thread = "Communication/" + waiting.thread();
    Optional<Communication> message =
        tools.chart().find(connection, reference, Communication.class);
    Optional<Communication> header = tools.chart().find(connection, thread, Communication.class);
    if (message.isEmpty() || header.isEmpty()) {
      return;
    }
    String pool = pool(connection, message.get(), header.get());
    Task task =
        OwnTask.of(
            Tasks.UNREAD, "A patient has not read a message: reach them by other means", now);
    task.setBusinessStatus(Codes.ours("work-status", "unassigned"));
    task.setPriority(OwnTask.priority(message.get()));
    task.setFocus(new Reference(thread));
    task.setFor(header.get().getSubject().copy());
    task.setOwner(new Reference(pool));
    task.addExtension(Codes.POOL, new Reference(pool));
    task.addPerformerType(Codes.of(Codes.POOLS, pool));
    OwnTask.part(task, "message", reference);
    String search =
        "code=%stask|%s&focus=%s&status=%s"
            .formatted(Codes.SYSTEMS, Tasks.UNREAD, thread, OwnTask.open());
    tools.own().write(Step.create(Draft.of(task, tools.fhir()), search));
  }

  /**
   * The sender's service, role or team; a pool of the thread if they have none; else themselves.
   */
  private String pool(Connection connection, Communication message, Communication header)
      throws SQLException {
    String sender = tools.chart().local(message.getSender()).orElse("");
    List<String> its = services.services(connection, sender);
    if (!its.isEmpty()) {
      return its.get(0);
    }
    return Stream.concat(
            Stream.of(sender),
            header.getRecipient().stream().flatMap(r -> tools.chart().local(r).stream()))
        .filter(w -> w.matches("(HealthcareService|PractitionerRole|CareTeam)/.+"))
        .findFirst()
        .orElse(sender);
  }
}
