// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.OwnTask;
import dev.parley.store.Sending;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * What a withdrawal leaves to do: the patient is told, and each thread in which they wait for an
 * answer becomes a Task to reach them by other means.
 */
final class Withdrawal {
  static final String BY_OTHER_MEANS = "reach-by-other-means";
  private final ChartReader chart;
  private final ConsentGate gate;
  private final Notices notices;
  private final Clock clock;

  Withdrawal(ChartReader chart, ConsentGate gate, Notices notices, Clock clock) {
    this.chart = chart;
    this.gate = gate;
    this.notices = notices;
    this.clock = clock;
  }

  /** The patient whose consent this may have ended. */
  private Optional<String> patient(Change change) {
    Consent before = active(change.before());
    Consent after = active(change.after());
    return before != null || gate.objects(after)
        ? chart.local((before == null ? after : before).getPatient())
        : Optional.empty();
  }

  private static Consent active(Resource resource) {
    return resource instanceof Consent consent
            && consent.getStatus() == ConsentState.ACTIVE
            && Codes.ours(consent.getCategory(), "consent-kind").contains(Asks.MESSAGING)
        ? consent
        : null;
  }

  /** What is to be created with the changes; nothing if messages may pass still. */
  List<Resource> of(List<Change> changes, Connection connection) throws SQLException {
    Map<Set<String>, Resource> ended = new LinkedHashMap<>();
    for (Change change : changes) {
      Optional<String> patient = patient(change);
      if (patient.isPresent()) {
        ended.put(
            chart.merged(connection, patient.get()),
            notices.confirmation(patient.get(), "Consent/" + change.id()));
      }
    }
    List<Resource> created = new ArrayList<>();
    for (Map.Entry<Set<String>, Resource> each : ended.entrySet()) {
      if (!gate.permitsInGeneral(each.getKey(), connection)) {
        created.add(each.getValue());
        tasks(each.getKey(), connection, created);
      }
    }
    return created;
  }

  private void tasks(Set<String> merged, Connection connection, List<Resource> created)
      throws SQLException {
    for (String thread : threads(merged, connection)) {
      Optional<Communication> header = chart.find(connection, thread, Communication.class);
      if (header.isPresent()
          && header.get().getStatus() != CommunicationStatus.COMPLETED
          && !Sending.UNSENT.contains(header.get().getStatus())
          && waits(thread, connection)
          && !hasTask(thread, connection)) {
        created.add(task(header.get(), thread, merged.iterator().next()));
      }
    }
  }

  private Set<String> threads(Set<String> merged, Connection connection) throws SQLException {
    Set<String> threads = new LinkedHashSet<>();
    for (String parameter : List.of("subject", "sender", "recipient")) {
      for (StoredResource each : Lookup.referring(connection, "Communication", parameter, merged)) {
        Communication message = chart.parse(each, Communication.class);
        message.getPartOf().stream()
            .findFirst()
            .flatMap(chart::local)
            .filter(r -> r.startsWith("Communication/"))
            .ifPresent(threads::add);
      }
    }
    return threads;
  }

  /** Whether the last that was said there came from the patient's side. */
  private boolean waits(String thread, Connection connection) throws SQLException {
    return Lookup.newest(connection, thread, 50).stream()
        .map(stored -> chart.parse(stored, Communication.class))
        .filter(message -> !Sending.UNSENT.contains(message.getStatus()))
        .findFirst()
        .flatMap(message -> chart.local(message.getSender()))
        .filter(Chart::isPatientSide)
        .isPresent();
  }

  private boolean hasTask(String thread, Connection connection) throws SQLException {
    return Lookup.referring(connection, "Task", "focus", List.of(thread)).stream()
        .map(stored -> chart.parse(stored, Task.class))
        .anyMatch(
            task ->
                task.getStatus() == TaskStatus.REQUESTED
                    && Codes.has(task.getCode(), "task", BY_OTHER_MEANS));
  }

  private Task task(Communication header, String thread, String patient) {
    Task task =
        OwnTask.of(
            BY_OTHER_MEANS,
            "The patient has withdrawn the consent to messages and waits for an answer: call or write",
            clock.instant());
    task.setFocus(new Reference(thread));
    task.setFor(
        header.getSubject().hasReference() ? header.getSubject().copy() : new Reference(patient));
    if (header.hasPriority()) {
      task.setPriority(OwnTask.priority(header));
    }
    return task;
  }
}
