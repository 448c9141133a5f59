// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Refusal;
import dev.parley.consent.ConsentDecision.Decision;
import dev.parley.consent.ConsentDecision.Verdict;
import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Consent;

/** Asks the Consents of everybody on the patient's side, locked, about one message. */
final class ConsentGate {
  /** The stable code of the refusal. */
  static final String MISSING = "consent-missing";

  private final ChartReader chart;
  private final Asks asks;
  private final ClinicPhone phone;
  private final Clock clock;

  ConsentGate(ChartReader chart, Asks asks, ClinicPhone phone, Clock clock) {
    this.chart = chart;
    this.asks = asks;
    this.phone = phone;
    this.clock = clock;
  }

  /** The key under which a patient's consent holds still: that of the patient. */
  static long key(String patient) {
    return Keys.of(patient);
  }

  /**
   * That a message may not pass.
   *
   * @param patients the records of those whose consent is missing
   */
  record Missing(Refusal refusal, Set<String> patients) {}

  /**
   * Empty if the message may pass.
   *
   * @param permits is given what permits it, for each patient
   */
  Optional<Missing> judge(
      Change change, Transaction transaction, BiConsumer<String, Consent> permits)
      throws SQLException {
    Connection connection = transaction.connection();
    Situation situation =
        Situation.of((Communication) change.after(), chart, connection, clock.instant());
    if (!situation.isPatientFacing()) {
      return Optional.empty();
    }
    for (String patient : situation.patients(connection)) {
      Set<String> merged = new TreeSet<>(chart.merged(connection, patient));
      for (String each : merged) {
        transaction.shared(key(each));
      }
      Decision decision = decide(change, situation, merged, connection);
      if (decision.verdict() != Verdict.PERMIT) {
        return Optional.of(new Missing(refusal(change, patient, connection), merged));
      }
      permits.accept(patient, decision.by().consent());
    }
    return Optional.empty();
  }

  private Decision decide(
      Change change, Situation situation, Set<String> merged, Connection connection)
      throws SQLException {
    List<Agreement> agreements = chart.agreements(connection, merged);
    Instant since = chart.mergedSince(connection, merged);
    Decision decision = null;
    for (Ask ask :
        asks.of(
            situation,
            change.caller(),
            ChartReader.actors(agreements),
            connection,
            clock.instant())) {
      decision = ConsentDecision.decide(agreements, since, ask);
      if (decision.verdict() != Verdict.PERMIT) {
        return decision;
      }
    }
    return decision;
  }

  /** Whether messages may pass at all between these records of one patient and the clinic. */
  boolean permitsInGeneral(Set<String> merged, Connection connection) throws SQLException {
    return permitsInGeneral(merged, Channel.APP, connection);
  }

  /** The same by a channel. */
  boolean permitsInGeneral(Set<String> merged, String channel, Connection connection)
      throws SQLException {
    return ConsentDecision.decide(
                chart.agreements(connection, merged),
                chart.mergedSince(connection, merged),
                asks.inGeneral(channel, clock.instant()))
            .verdict()
        == Verdict.PERMIT;
  }

  /** Whether a Consent says no to messages in general. */
  boolean objects(Consent consent) {
    return consent != null
        && new Agreement(consent, "", false, clock.instant())
            .says(asks.inGeneral(Channel.APP, clock.instant()))
            .isPresent();
  }

  private Refusal refusal(Change change, String patient, Connection connection)
      throws SQLException {
    List<String> sentences = new ArrayList<>();
    sentences.add("%s has not agreed in writing to this kind of message.".formatted(patient));
    sentences.add(
        switch (change.caller().kind()) {
          case PATIENT, PROXY ->
              "Your text is kept as your draft; it is sent as soon as the consent is signed:"
                  + " POST %s/$request-consent, then Consent/[id]/$sign.".formatted(patient);
          default ->
              "Ask for it with POST %s/$request-consent, or reach them by other means."
                  .formatted(patient);
        });
    sentences.add(
        change.caller().isClinician()
            ? "In an emergency write it with the header X-Purpose-Of-Use: ETREAT;reason=...;"
                + " the privacy officer is told."
            : phone.sentence(patient, connection));
    return Refusal.forbidden(MISSING, String.join(" ", sentences));
  }
}
