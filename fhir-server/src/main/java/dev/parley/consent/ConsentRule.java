// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Locks;
import dev.parley.store.Rule;
import dev.parley.store.Trace;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Resource;

/**
 * No consent, no message. Every message to or from a patient holds the patient's consent shared
 * until its commit, every Consent exclusively: of a message and a withdrawal at the same instant
 * one comes first, and the other sees it.
 */
final class ConsentRule implements Rule {
  private static final String REFUSED_FOR = "parley.consent.refused-for";
  private static final String PASSED = "parley.consent.passed";
  private static final String MARKED = "parley.consent.marked";

  private final Tools tools;
  private final ChartReader chart;
  private final ConsentGate gate;
  private final Notices notices;
  private final HeldDrafts drafts;
  private final Ages ages;
  private final WhatStays stays;
  private final Withdrawal withdrawal;

  ConsentRule(
      Tools tools,
      ChartReader chart,
      ConsentGate gate,
      Notices notices,
      HeldDrafts drafts,
      Ages ages) {
    this.ages = ages;
    this.tools = tools;
    this.chart = chart;
    this.gate = gate;
    this.notices = notices;
    this.drafts = drafts;
    this.stays = new WhatStays(tools.fhir(), tools.clock());
    this.withdrawal = new Withdrawal(chart, gate, notices, tools.clock());
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.type().equals("Consent") || Gated.isMessage(change) || isForged(change);
  }

  /** A mark that only the server sets. */
  private static boolean isForged(Change change) {
    return Gated.sends(change)
        && (Pass.of(change.after()).isPresent() || HeldDraft.isMarked(change.after()));
  }

  @Override
  public void plan(Change change, Locks locks) {
    if (change.after() instanceof Consent consent) {
      chart.local(consent.getPatient()).ifPresent(p -> locks.exclusive(ConsentGate.key(p)));
    } else if (Gated.isMessage(change)) {
      Communication message = (Communication) change.after();
      Stream.concat(
              Stream.of(message.getSubject(), message.getSender()), message.getRecipient().stream())
          .flatMap(r -> chart.local(r).stream())
          .filter(who -> who.startsWith("Patient/"))
          .forEach(p -> locks.shared(ConsentGate.key(p)));
    } else if (change.after() instanceof Communication record) {
      // One record an hour: of two refusals at the same instant one finds the other's.
      record.getIdentifier().stream()
          .filter(i -> WhatStays.REFUSED.equals(i.getSystem()))
          .forEach(i -> locks.exclusive(Keys.of(i.getValue())));
    }
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (change.type().equals("Consent")) {
      ConsentWrites.check(change, chart);
      if (change.caller().kind() == Caller.Kind.PATIENT
          && ages.isChild(change.caller().reference(), transaction.connection())) {
        throw ConsentOperations.tooYoung();
      }
      for (Resource each : new Resource[] {change.before(), change.after()}) {
        if (each instanceof Consent consent) {
          chart
              .local(consent.getPatient())
              .ifPresent(p -> transaction.exclusive(ConsentGate.key(p)));
        }
      }
    } else if (Gated.sends(change) && change.after() != null) {
      boolean changed = Pass.keep(change.after(), change.before());
      changed |= HeldDraft.keep(change.after(), change.before());
      if (Gated.isMessage(change)) {
        Optional<Pass> pass = Gated.pass(change);
        pass.ifPresent(p -> p.mark(change.after()));
        changed |= pass.isPresent();
      }
      change.after().setUserData(MARKED, changed ? true : change.after().getUserData(MARKED));
    }
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && change.after().getUserData(MARKED) != null;
  }

  @Override
  public void beforeCommit(List<Change> changes, Transaction transaction) throws SQLException {
    Refusal first = null;
    List<Trace> permitted = new ArrayList<>();
    for (Change change : changes) {
      if (Gated.isMessage(change)) {
        Optional<ConsentGate.Missing> missing =
            gate.judge(
                change,
                transaction,
                (patient, consent) -> permitted.add(decision(change, patient, consent)));
        change.after().setUserData(REFUSED_FOR, null);
        change.after().setUserData(PASSED, null);
        if (missing.isPresent() && Gated.pass(change).isPresent()) {
          change.after().setUserData(PASSED, Gated.pass(change).get());
        } else if (missing.isPresent()) {
          change.after().setUserData(REFUSED_FOR, missing.get());
          first = first == null ? missing.get().refusal() : first;
        }
      }
    }
    if (first != null) {
      throw first;
    }
    if (!permitted.isEmpty()) {
      tools.trail().write(transaction.connection(), permitted);
    }
  }

  /** The audit row of a message that a Consent lets pass (BALP AuthZ-Consent). */
  private static Trace decision(Change change, String patient, Consent consent) {
    return Trace.of(change.caller(), Origin.NONE, Trace.Action.CONSENT)
        .on("Consent", consent.getIdElement().getIdPart(), null)
        .about(List.of(patient.substring(patient.indexOf('/') + 1)));
  }

  @Override
  public Remains afterRefusal(Refusal refusal, List<Change> all) {
    Map<Change, Set<String>> refused = new LinkedHashMap<>();
    for (Change change : all) {
      if (change.after() != null
          && change.after().getUserData(REFUSED_FOR) instanceof ConsentGate.Missing missing) {
        refused.put(change, missing.patients());
      }
    }
    return new Remains(refused.isEmpty() ? List.of() : stays.of(all, refused), refusal);
  }

  @Override
  public List<Draft> adds(List<Change> changes, Connection connection) throws SQLException {
    List<Resource> created = new ArrayList<>(withdrawal.of(changes, connection));
    for (Change change : changes) {
      String what = change.type() + "/" + change.id();
      if (change.after() instanceof Communication message
          && message.getUserData(PASSED) == Pass.EMERGENCY_TREATMENT) {
        created.add(notices.emergency(what, message, change.caller().reference()));
      } else if (change.after() instanceof Consent consent && change.byOperation()) {
        Optional<String> patient = chart.local(consent.getPatient());
        if (patient.isPresent() && consent.getStatus() == ConsentState.PROPOSED) {
          created.add(notices.request(patient.get(), what));
        }
      }
    }
    return created.stream().map(resource -> Draft.of(resource, tools.fhir())).toList();
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    Optional<String> agreed = agreed(change);
    if (agreed.isPresent()) {
      drafts.note(agreed.get(), connection);
    }
  }

  @Override
  public void afterCommit(List<Change> changes) {
    changes.forEach(change -> agreed(change).ifPresent(drafts::sendNow));
  }

  /** The patient for whom a Consent is in force by this. */
  private Optional<String> agreed(Change change) {
    return change.after() instanceof Consent consent && consent.getStatus() == ConsentState.ACTIVE
        ? chart.local(consent.getPatient())
        : Optional.empty();
  }
}
