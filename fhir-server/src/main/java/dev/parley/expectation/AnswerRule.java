// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.access.Caller;
import dev.parley.access.Notice;
import dev.parley.access.Refusal;
import dev.parley.agenda.Agenda;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Task;

/**
 * A message of somebody on the patient's side is work for whom it was sent to, until somebody of
 * staff answers. Both happen in the message's own transaction, under the lock of its conversation.
 */
final class AnswerRule implements Rule {
  static final String DUE = "answer-due";
  private static final String ASKED = "parley.expectation.asked";

  private final Chart chart;
  private final Pools pools;
  private final AnswerTasks tasks;
  private final AutomaticAnswers automatic;
  private final Agenda agenda;
  private final Clock clock;

  AnswerRule(
      Chart chart,
      Pools pools,
      AnswerTasks tasks,
      AutomaticAnswers automatic,
      Agenda agenda,
      Clock clock) {
    this.chart = chart;
    this.pools = pools;
    this.tasks = tasks;
    this.automatic = automatic;
    this.agenda = agenda;
    this.clock = clock;
  }

  /**
   * What a message asks for.
   *
   * @param expectation null if nothing is promised
   */
  record Asked(Sent sent, Pool pool, Expectation expectation, Instant at) {
    Instant due() {
      return expectation == null ? null : expectation.due();
    }
  }

  @Override
  public boolean needsTransaction(Change change) {
    return Sent.sends(change)
        || change.type().equals("Task") && (change.after() == null || Work.isOurs(change.after()));
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (change.type().equals("Task")) {
      byOperationOnly(change);
      return;
    }
    Optional<Sent> sent = Sent.of(change, chart).filter(Sent::isFromPatientSide);
    if (sent.isPresent()) {
      Optional<Asked> asked = asked(sent.get(), transaction.connection());
      change.after().setUserData(ASKED, asked.orElse(null));
      asked.ifPresent(each -> tell(change, each));
      return;
    }
    // They hear now what they may expect then; it is work when it is sent.
    Optional<Sent> later = Sent.later(change, chart).filter(Sent::isFromPatientSide);
    if (later.isPresent()) {
      asked(later.get(), transaction.connection()).ifPresent(each -> tell(change, each));
    }
  }

  private static void tell(Change change, Asked asked) {
    if (asked.expectation() != null) {
      String code = asked.expectation().isOpen() ? "expected-answer" : "out-of-hours";
      change.tell(Notice.information(code, asked.expectation().advice()));
    }
  }

  private Optional<Asked> asked(Sent sent, Connection connection) throws SQLException {
    Instant at = sent.at(clock.instant());
    return pools
        .of(sent.message().getRecipient(), at, connection)
        .map(pool -> asked(sent, pool, at));
  }

  private static Asked asked(Sent sent, Pool pool, Instant now) {
    Expectation expectation =
        pool.service() == null
            ? null
            : Expectation.of(pool.service(), sent.categories(), sent.priority(), now);
    return new Asked(sent, pool, expectation, now);
  }

  /** Nobody writes themselves into the work of others, or out of it. */
  private static void byOperationOnly(Change change) {
    if ((Work.isOurs(change.before()) || Work.isOurs(change.after()))
        && !change.caller().isSystem()
        && !change.byOperation()) {
      throw Refusal.forbidden(
          "use-the-operations",
          "Task/%s changes by $claim, $release, $assign, $handover, $accept, $decline and $complete only"
              .formatted(change.id()));
    }
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (change.after() != null && change.after().getUserData(ASKED) instanceof Asked asked) {
        steps.addAll(tasks.open(asked, connection));
        automatic.consider(asked, connection);
      } else {
        Optional<Sent> sent =
            Sent.of(change, chart).filter(s -> s.isFromStaff() && s.reachesPatientSide(chart));
        if (sent.isPresent()) {
          steps.addAll(tasks.answered(sent.get(), connection));
        }
        steps.addAll(unanswered(change, connection));
      }
    }
    return steps;
  }

  /** Work that ends without an answer: nothing is asked any more, or staff say that it is done. */
  private List<Step> unanswered(Change change, Connection connection) throws SQLException {
    if (change.after() instanceof Communication after
        && change.before() instanceof Communication before
        && after.getStatus() != before.getStatus()) {
      Optional<String> thread = chart.local(after.getPartOfFirstRep());
      if (after.getStatus() == CommunicationStatus.ENTEREDINERROR && thread.isPresent()) {
        return tasks.withdrawn(thread.get(), connection);
      }
      boolean header = !after.hasPartOf() && !after.hasPayload();
      if (header
          && after.getStatus() == CommunicationStatus.COMPLETED
          && change.caller().kind() == Caller.Kind.STAFF) {
        return tasks.ended("Communication/" + change.id(), "closed", connection);
      }
    } else if (change.byOperation()
        && change.after() instanceof Task after
        && change.before() instanceof Task before
        && new Work(before).is(Work.ANSWER)
        && new Work(before).isOpen()
        && !new Work(after).isOpen()) {
      Optional<String> thread = chart.local(after.getFocus());
      if (thread.isPresent()) {
        return tasks.partsEnded(thread.get(), "settled", connection);
      }
    }
    return List.of();
  }

  /** The timer of the work stands in the transaction that gives or takes its time. */
  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    boolean now = change.after() instanceof Task after && new Work(after).is(Work.ANSWER);
    boolean before = change.before() instanceof Task b && new Work(b).is(Work.ANSWER);
    if (!now && !before) {
      return;
    }
    Work work = now ? new Work((Task) change.after()) : null;
    if (work != null && work.isOpen() && work.next() != null) {
      agenda.at(connection, DUE, change.id(), work.next());
    } else if (change.before() != null) {
      agenda.cancel(connection, DUE, change.id());
    }
  }
}
