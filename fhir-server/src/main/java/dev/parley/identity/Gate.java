// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.FreeText;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;

/** Which messages wait for a verified identity, and of whom. Asked once for a page of them. */
final class Gate {

  private final Chart chart;
  private final Levels levels;
  private final Clock clock;
  private final Connection connection;
  private final Map<String, List<Proof>> proofs = new HashMap<>();
  private final Map<String, Communication> threads = new HashMap<>();

  Gate(Chart chart, Levels levels, Clock clock, Connection connection) {
    this.chart = chart;
    this.levels = levels;
    this.clock = clock;
    this.connection = connection;
  }

  /**
   * Whether the text of a message is withheld from a reader.
   *
   * @param session level of the reader's session, 3 if it is not about one
   */
  boolean withholds(String reader, int session, Communication message) throws SQLException {
    if (isPass(message) || isFrom(reader, message) || !saysSomething(message)) {
      return false;
    }
    int needed = levels.of(ContentClass.of(message, thread(message)));
    if (needed == 0) {
      return false;
    }
    Instant now = clock.instant();
    Instant sent = sent(message, now);
    return session < needed
        || proofs(reader).stream().noneMatch(proof -> proof.opens(needed, sent, now));
  }

  /** Whether a message has clinical text, or more, for somebody who has not written it. */
  boolean isClinical(String reader, Communication message) throws SQLException {
    return !isPass(message)
        && !isFrom(reader, message)
        && saysSomething(message)
        && ContentClass.of(message, thread(message)).compareTo(ContentClass.CLINICAL) >= 0;
  }

  /**
   * Whether somebody reads every message that was sent before now: whoever is verified as far as
   * anything needs, which is most readers. Their messages need not be looked into.
   */
  boolean opensAll(String reader, int session) throws SQLException {
    int most = levels.most();
    if (most == 0) {
      return true;
    }
    if (session < most) {
      return false;
    }
    Instant now = clock.instant();
    return proofs(reader).stream().anyMatch(proof -> proof.opens(most, now, now));
  }

  /** Whether anybody on the patient's side who gets it cannot read it yet. */
  boolean withholdsFromSomebody(Communication message) throws SQLException {
    for (String reader : readers(message)) {
      if (withholds(reader, 3, message)) {
        return true;
      }
    }
    return false;
  }

  /** Patients and proxies whom it is for. */
  Set<String> readers(Communication message) throws SQLException {
    Communication thread = thread(message);
    Set<String> readers = new LinkedHashSet<>();
    if (audience(thread).equals("staff-only")) {
      return readers;
    }
    List<String> named =
        Stream.of(message, thread)
            .flatMap(c -> Stream.concat(Stream.of(c.getSender()), c.getRecipient().stream()))
            .flatMap(r -> chart.local(r).stream())
            .toList();
    Set<String> all = new LinkedHashSet<>(named);
    for (String each : named) {
      if (each.startsWith("CareTeam/") && !audience(thread).equals("patient-facing")) {
        // Among staff, even if the team lists its patient.
        continue;
      }
      all.addAll(chart.people(connection, each, sent(message, clock.instant())));
    }
    all.stream()
        .filter(Chart::isPatientSide)
        .filter(who -> !isFrom(who, message))
        .forEach(readers::add);
    return readers;
  }

  /** The header of a thread may in words besides; what was recalled says why. */
  private static boolean saysSomething(Communication message) {
    return message.hasPayload()
        || message.getStatus() != CommunicationStatus.ENTEREDINERROR
            && !FreeText.of(message).isEmpty();
  }

  private static String audience(Communication thread) {
    return Codes.ours(thread.getCategory(), "audience").stream().findFirst().orElse("");
  }

  private boolean isFrom(String reader, Communication message) {
    return chart.local(message.getSender()).filter(reader::equals).isPresent()
        || message.getStatus() == CommunicationStatus.PREPARATION;
  }

  private static boolean isPass(Communication message) {
    for (Coding tag : message.getMeta().getTag()) {
      if (Codes.PASSES.equals(tag.getSystem())) {
        return true;
      }
    }
    return false;
  }

  private static Instant sent(Communication message, Instant now) {
    // The words of a header may be newer than the thread.
    if (message.hasSent() && (message.hasPayload() || !message.getMeta().hasLastUpdated())) {
      return message.getSent().toInstant();
    }
    return message.getMeta().hasLastUpdated()
        ? message.getMeta().getLastUpdated().toInstant()
        : now;
  }

  private List<Proof> proofs(String person) throws SQLException {
    List<Proof> known = proofs.get(person);
    if (known == null) {
      known = Proof.of(chart, connection, person);
      proofs.put(person, known);
    }
    return known;
  }

  private Communication thread(Communication message) throws SQLException {
    String reference =
        message.getPartOf().stream()
            .flatMap(r -> chart.local(r).stream())
            .filter(r -> r.startsWith("Communication/"))
            .findFirst()
            .orElse(null);
    if (reference == null) {
      return message;
    }
    if (!threads.containsKey(reference)) {
      threads.put(
          reference, chart.find(connection, reference, Communication.class).orElse(message));
    }
    return threads.get(reference);
  }
}
