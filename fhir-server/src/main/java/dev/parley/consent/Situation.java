// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;

/**
 * A message in its thread.
 *
 * @param thread the thread's header, or the message itself if it has none
 * @param threadId "Communication/x", or null
 * @param participants senders and recipients of both, and who the teams and groups among them are
 */
record Situation(
    Communication message,
    Communication thread,
    String threadId,
    Set<String> participants,
    ChartReader chart) {
  static Situation of(Communication message, ChartReader chart, Connection connection, Instant now)
      throws SQLException {
    String threadId =
        message.getPartOf().stream()
            .flatMap(r -> chart.local(r).stream())
            .findFirst()
            .filter(r -> r.startsWith("Communication/"))
            .orElse(null);
    Communication header =
        threadId == null
            ? null
            : chart.find(connection, threadId, Communication.class).orElse(null);
    Communication thread = header == null ? message : header;
    Set<String> participants = new LinkedHashSet<>();
    boolean forPatients = Codes.ours(thread.getCategory(), "audience").contains("patient-facing");
    for (String who : named(chart, message, thread)) {
      participants.add(who);
      // A team that lists its patient is staff all the same, unless the thread says otherwise.
      if (forPatients || !who.startsWith("CareTeam/")) {
        participants.addAll(chart.people(connection, who, now));
      }
    }
    return new Situation(message, thread, threadId, participants, chart);
  }

  /** Senders and recipients of the message and its thread. */
  private static Set<String> named(ChartReader chart, Communication message, Communication thread) {
    Set<String> who = new LinkedHashSet<>();
    Stream.of(message, thread)
        .flatMap(c -> Stream.concat(Stream.of(c.getSender()), c.getRecipient().stream()))
        .forEach(r -> chart.local(r).ifPresent(who::add));
    return who;
  }

  /**
   * Whether a patient or proxy gets to read it. What the thread says goes; a thread that says
   * nothing is for the patient if somebody on the patient's side takes part.
   */
  boolean isPatientFacing() {
    List<String> audience = Codes.ours(thread.getCategory(), "audience");
    return audience.isEmpty()
        ? participants().stream().anyMatch(Chart::isPatientSide)
        : !audience.get(0).equals("staff-only");
  }

  /** The patients whose consent it needs: subject, and whoever a participant stands for. */
  Set<String> patients(Connection connection) throws SQLException {
    Set<String> patients = new LinkedHashSet<>();
    for (Reference subject : List.of(message.getSubject(), thread.getSubject())) {
      chart.local(subject).filter(s -> s.startsWith("Patient/")).ifPresent(patients::add);
    }
    for (String who : participants()) {
      Optional<String> patient = chart.patientOf(connection, who);
      patient.ifPresent(patients::add);
    }
    return patients;
  }
}
