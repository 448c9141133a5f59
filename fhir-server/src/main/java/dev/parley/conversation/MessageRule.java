// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Moments;
import dev.parley.store.References;
import dev.parley.store.Rule;
import dev.parley.store.Sending;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.EnumSet;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;

/**
 * What becomes of a person's messages. They send in their own name, or that of a role they are in;
 * into threads in which they take part; and a sent message changes only by a receipt of its
 * recipient or a recall by its sender. Systems keep records: theirs are stored as they come.
 */
final class MessageRule implements Rule {
  private final References references;
  private final ThreadEntry entry;
  private final Edits edits;
  private final Duration undo;
  private final Clock clock;

  /**
   * @param undo how long a message is held back for which its sender asks for that
   */
  MessageRule(References references, ThreadEntry entry, Edits edits, Duration undo, Clock clock) {
    this.references = references;
    this.entry = entry;
    this.edits = edits;
    this.undo = undo;
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
    if (!change.byOperation() && (before == null || isDraft(before))) {
      Wish.check(before, after);
    }
    boolean isThread = ThreadRule.isThread(before == null || isDraft(before) ? after : before);
    if (isThread) {
      return;
    }
    Connection connection = transaction.connection();
    Instant now = clock.instant();
    Membership me = Membership.of(change.caller(), references, connection, now);
    if (before == null || isDraft(before)) {
      write(change, before, after, me, connection);
    } else if (change.byOperation()) {
      // It has looked at what its caller may do, and left the rest as it was.
      return;
    } else if (SentMessage.change(before, after, me, Date.from(now)) == SentMessage.Step.EDIT) {
      edits.check(before, change.id(), me, now, connection);
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
    Scheduled.write(before, after, change.caller().reference(), undo, clock.instant());
    status(after);
    if (after.getStatus() == CommunicationStatus.COMPLETED) {
      // Many clients say so of what they only send: whether it has come is not theirs to say.
      after.setStatus(CommunicationStatus.INPROGRESS);
    }
    if (!change.byOperation()) {
      me.own(change.caller(), after);
    }
    Numbered.putAside(after);
    after.setReceivedElement(null);
    after.setSentElement(isDraft(after) ? null : Moments.utc(clock.instant()));
    if (after.hasPartOf()) {
      boolean toAll = ToAll.clear(before, after);
      // An operation has found that its caller may write there.
      entry.check(after, change.byOperation() ? Membership.nobody(references) : me, connection);
      if (toAll && isDraft(after)) {
        ToAll.mark(after);
      }
    } else if (!isDraft(after)) {
      throw unplaced(after);
    }
  }

  /** Of a message that is in no thread when it is sent: all others have been put into one. */
  static Refusal unplaced(Communication message) {
    return message.hasRecipient()
        ? Refusal.unprocessable(
            "business-rule",
            "conditional-send",
            "Nothing is sent by a conditional update or patch: name the message by its id, or create"
                + " it with If-None-Exist")
        : noRecipient();
  }

  static Refusal noRecipient() {
    return Refusal.unprocessable(
            "required",
            "no-recipient",
            "A message needs a thread (partOf), something that it answers (inResponseTo) or a"
                + " recipient")
        .at("Communication.recipient");
  }

  /** The states that a person gives to what they write; the others are found out by the server. */
  static void status(Communication after) {
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

  static boolean isDraft(Communication message) {
    return Sending.isWaiting(message) && !ThreadRule.isThread(message);
  }

  /** Whether a write sends what was not sent before; without a text if it names its thread. */
  static boolean begins(Change change) {
    return change.after() instanceof Communication message
        && !ThreadRule.isThread(message)
        && !Sending.UNSENT.contains(message.getStatus())
        && (!(change.before() instanceof Communication before) || isDraft(before));
  }
}
