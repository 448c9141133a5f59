// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.References;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;

/**
 * What a person writes into conversations. They send in their own name, or that of a role they are
 * in; into threads in which they take part; and a sent message changes only by a receipt of its
 * recipient or a recall by its sender. Systems keep records: theirs are stored as they come.
 */
public final class MessageRule implements Rule {
  private final References references;
  private final FhirContext fhir;
  private final Clock clock;

  public MessageRule(References references, FhirContext fhir, Clock clock) {
    this.references = references;
    this.fhir = fhir;
    this.clock = clock;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.type().equals("Communication") && !change.caller().isSystem();
  }

  @Override
  public boolean completes(Change change) {
    return needsTransaction(change) && change.after() != null;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!needsTransaction(change)) {
      return;
    }
    Communication before = (Communication) change.before();
    Communication after = (Communication) change.after();
    if (after == null) {
      mayDelete(before);
      return;
    }
    Connection connection = transaction.connection();
    Instant now = clock.instant();
    Membership me = Membership.of(change.caller(), references, connection, now);
    if (before == null || isDraft(before)) {
      write(change, before, after, me, connection);
    } else if (isThread(before)) {
      thread(before, after, me);
    } else {
      SentMessage.change(before, after, me, Date.from(now));
    }
  }

  private static void mayDelete(Communication before) {
    if (before != null && !isDraft(before)) {
      throw Refusal.notAllowed(
              "recall-instead",
              "What was sent is not deleted; recall it by the status entered-in-error")
          .with("Allow", "GET, HEAD, PUT, PATCH");
    }
  }

  /** A draft, something new, or a draft that is sent. */
  private void write(
      Change change,
      Communication before,
      Communication after,
      Membership me,
      Connection connection)
      throws SQLException {
    status(after);
    if (!after.hasSender()) {
      after.setSender(new Reference(change.caller().reference()));
    } else if (!me.is(after.getSender())) {
      throw Refusal.forbidden(
              "not-the-sender", "A message is sent in one's own name, or that of a role one is in")
          .at("Communication.sender");
    }
    after.setReceivedElement(null);
    after.setSent(isDraft(after) ? null : Date.from(clock.instant()));
    if (after.hasPartOf()) {
      into(after, me, connection);
    } else if (!isDraft(after) && !isThread(after) && !after.hasRecipient()) {
      throw Refusal.unprocessable("required", "no-recipient", "A message needs a recipient")
          .at("Communication.recipient");
    }
  }

  /** The states that a person gives to what they write; the others are found out by the server. */
  private static void status(Communication after) {
    Set<CommunicationStatus> theirs =
        EnumSet.of(
            CommunicationStatus.PREPARATION,
            CommunicationStatus.ONHOLD,
            CommunicationStatus.INPROGRESS,
            CommunicationStatus.COMPLETED);
    if (!theirs.contains(after.getStatus())) {
      throw Refusal.unprocessable(
              "business-rule",
              "status-not-yours",
              "A message is written as preparation, on-hold, in-progress or completed")
          .at("Communication.status");
    }
  }

  private void into(Communication message, Membership me, Connection connection)
      throws SQLException {
    for (Reference part : message.getPartOf()) {
      Optional<Long> self = me.self(part);
      Communication thread = self.isEmpty() ? null : stored(self.get(), connection);
      if (thread == null || thread.hasPartOf()) {
        throw Refusal.unprocessable(
                "business-rule",
                "no-thread",
                "A message is part of a thread: a Communication that is part of none itself")
            .at("Communication.partOf");
      }
      if (!me.takesPart(thread)) {
        throw Refusal.forbidden(
            "not-a-participant",
            "Only those who take part in %s write into it".formatted(part.getReference()));
      }
      if (thread.getStatus() == CommunicationStatus.COMPLETED && !isDraft(message)) {
        throw Refusal.unprocessable(
            "business-rule",
            "thread-closed",
            "%s is closed; reopen it or begin another".formatted(part.getReference()));
      }
      belongs(message, thread, me);
    }
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
      Membership.participants(thread)
          .filter(p -> !me.self(p).equals(me.self(message.getSender())))
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

  /** A thread's title and people are changed by those in it; what it is about stays. */
  private static void thread(Communication before, Communication after, Membership me) {
    if (!me.takesPart(before)) {
      throw Refusal.forbidden("not-a-participant", "Only those who take part change a thread");
    }
    if (after.getStatus() != CommunicationStatus.INPROGRESS
        && after.getStatus() != CommunicationStatus.COMPLETED) {
      throw Refusal.unprocessable(
              "business-rule", "status-not-yours", "A thread is open (in-progress) or completed")
          .at("Communication.status");
    }
    after.setSender(before.getSender());
    after.setSubject(before.getSubject());
    after.setSentElement(before.getSentElement());
    after.setReceivedElement(before.getReceivedElement());
    if (after.hasPartOf() || after.hasPayload()) {
      throw Refusal.unprocessable(
          "business-rule", "thread-is-header", "A thread has no payload and is part of none");
    }
  }

  private Communication stored(long self, Connection connection) throws SQLException {
    String sql = "select body from resource where self = ? and body is not null";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, self);
      try (ResultSet row = query.executeQuery()) {
        return row.next()
                && fhir.newJsonParser().parseResource(row.getString(1))
                    instanceof Communication thread
            ? thread
            : null;
      }
    }
  }

  static boolean isDraft(Communication message) {
    return EnumSet.of(CommunicationStatus.PREPARATION, CommunicationStatus.ONHOLD)
            .contains(message.getStatus())
        && !isThread(message);
  }

  /** c1: a header has neither. */
  static boolean isThread(Communication message) {
    return !message.hasPartOf() && !message.hasPayload();
  }
}
