// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.store.Chart;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;

/** What lets a message into its thread, and what it takes from there. */
final class ThreadEntry {
  private final Chart chart;

  ThreadEntry(Chart chart) {
    this.chart = chart;
  }

  /**
   * Completes the message by its thread.
   *
   * @param me who has to take part; {@link Membership#nobody} if nobody has to
   * @throws Refusal 403 for somebody who does not take part; 422 for what does not belong there
   */
  void check(Communication message, Membership me, Connection connection) throws SQLException {
    for (Reference part : message.getPartOf()) {
      Optional<Communication> found = header(part, connection);
      if (found.isEmpty() || found.get().hasPartOf()) {
        throw Refusal.unprocessable(
                "business-rule",
                "no-thread",
                "A message is part of a thread: a Communication that is part of none itself")
            .at("Communication.partOf");
      }
      Communication thread = found.get();
      if (!me.isNobody() && !me.mayWrite(thread)) {
        throw Refusal.forbidden(
            "not-a-participant",
            "Only those who take part in %s write into it".formatted(part.getReference()));
      }
      if (thread.getStatus() == CommunicationStatus.COMPLETED && !MessageRule.isDraft(message)) {
        throw Refusal.unprocessable(
            "business-rule",
            "thread-closed",
            "%s is closed; reopen it or begin another".formatted(part.getReference()));
      }
      belongs(message, thread, me);
    }
  }

  private Optional<Communication> header(Reference part, Connection connection)
      throws SQLException {
    Optional<String> local = chart.local(part).filter(r -> r.startsWith("Communication/"));
    return local.isEmpty()
        ? Optional.empty()
        : chart.find(connection, local.get(), Communication.class);
  }

  private static void belongs(Communication message, Communication thread, Membership me) {
    if (!message.hasSubject()) {
      message.setSubject(thread.getSubject().copy());
    } else if (thread.hasSubject()
        && !me.self(message.getSubject()).equals(me.self(thread.getSubject()))) {
      throw Refusal.unprocessable(
              "business-rule", "other-patient", "The thread is about another patient")
          .at("Communication.subject");
    }
    if (!message.hasRecipient()) {
      Set<Optional<Long>> named = new HashSet<>();
      named.add(me.self(message.getSender()));
      Membership.participants(thread)
          .filter(p -> p.hasReference() && named.add(me.self(p)))
          .forEach(p -> message.addRecipient(p.copy()));
    }
    Set<Long> members = me.of(thread);
    for (Reference recipient : message.getRecipient()) {
      if (me.self(recipient).filter(members::contains).isEmpty()) {
        throw Refusal.unprocessable(
                "business-rule",
                "not-in-thread",
                "A recipient does not take part in the thread; add them to it first")
            .at("Communication.recipient");
      }
    }
  }
}
