// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import dev.parley.duty.Duty;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.Moments;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * Who has the Task of words of danger: who stands in for a reader who is away, and, each time that
 * it is late, who is on call, who leads the team, and at last everybody who treats the patient.
 */
final class Readers {
  private static final String KIND = "red-flag-due";

  /** Of the Task: who had it before. */
  private static final String ASKED = Codes.EXTENSIONS + "asked-before";

  private final Tools tools;
  private final Duty duty;
  private final Duration due;

  Readers(Tools tools, Duty duty, Duration due) {
    this.tools = tools;
    this.duty = duty;
    this.due = due;
    tools.agenda().once(KIND, this::late);
  }

  /**
   * Themselves if they can be reached, else who stands in or is on call; themselves if nobody is.
   */
  String reachable(String owner, Connection connection) throws SQLException {
    Instant now = tools.clock().instant();
    if (!owner.startsWith("Practitioner/") || duty.away(connection, owner, now).isEmpty()) {
      return owner;
    }
    Optional<String> delegate = duty.delegate(connection, owner, now);
    return delegate.isPresent()
        ? delegate.get()
        : next(owner, Set.of(owner), connection).orElse(owner);
  }

  /** The timer stands in the transaction that opens or takes up the Task. */
  void note(Task task, String id, Connection connection) throws SQLException {
    if (task.getStatus() == TaskStatus.REQUESTED && task.getRestriction().getPeriod().hasEnd()) {
      Instant end = task.getRestriction().getPeriod().getEnd().toInstant();
      tools.agenda().at(connection, KIND, id, end);
    } else {
      tools.agenda().cancel(connection, KIND, id);
    }
  }

  private void late(String id) {
    tools.database().run(connection -> late(id, connection));
  }

  private void late(String id, Connection connection) throws SQLException {
    Optional<StoredResource> stored = Lookup.one(connection, "Task/" + id);
    Task task = stored.map(s -> tools.chart().parse(s, Task.class)).orElse(null);
    if (task == null || !isLate(task) || !task.hasOwner()) {
      return;
    }
    String owner = tools.chart().local(task.getOwner()).orElse("");
    Set<String> asked = new LinkedHashSet<>(List.of(owner));
    task.getExtensionsByUrl(ASKED)
        .forEach(e -> asked.add(((Reference) e.getValue()).getReference()));
    String first = asked.stream().skip(1).findFirst().orElse(owner);
    pass(id, owner, next(first, asked, connection).orElse(null));
  }

  private boolean isLate(Task task) {
    return task.getStatus() == TaskStatus.REQUESTED
        && task.getRestriction().getPeriod().hasEnd()
        && !task.getRestriction().getPeriod().getEnd().toInstant().isAfter(tools.clock().instant());
  }

  private void pass(String id, String from, String to) {
    tools
        .own()
        .write(
            Step.change(
                tools.fhir(),
                Task.class,
                id,
                task -> {
                  if (isLate(task)) {
                    task.addExtension(ASKED, new Reference(from));
                    task.setOwner(to == null ? null : new Reference(to));
                    if (to != null) {
                      Instant end = tools.clock().instant().plus(due);
                      task.getRestriction().getPeriod().setEndElement(Moments.utc(end));
                    }
                  }
                }));
  }

  /** On call or leading the team where this reader works, there now, and not asked yet. */
  private Optional<String> next(String reader, Set<String> asked, Connection connection)
      throws SQLException {
    Instant now = tools.clock().instant();
    for (String code : List.of(Duty.ON_CALL, Duty.TEAM_LEAD)) {
      for (String service : services(reader, connection)) {
        for (String who : duty.holders(connection, service, code, now)) {
          if (!asked.contains(who)) {
            return Optional.of(who);
          }
        }
      }
    }
    return Optional.empty();
  }

  private Set<String> services(String reader, Connection connection) throws SQLException {
    Set<String> services = new LinkedHashSet<>();
    if (reader.startsWith("HealthcareService/")) {
      services.add(reader);
    } else if (reader.startsWith("PractitionerRole/")) {
      tools
          .chart()
          .find(connection, reader, PractitionerRole.class)
          .ifPresent(role -> add(role, services));
    } else {
      for (StoredResource each :
          Lookup.referring(connection, "PractitionerRole", "practitioner", List.of(reader))) {
        add(tools.chart().parse(each, PractitionerRole.class), services);
      }
    }
    return services;
  }

  private void add(PractitionerRole role, Set<String> services) {
    role.getHealthcareService().forEach(s -> tools.chart().local(s).ifPresent(services::add));
  }
}
