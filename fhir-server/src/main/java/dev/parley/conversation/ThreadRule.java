// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.Moments;
import dev.parley.store.References;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;

/**
 * What people do to threads: begin one, name it, bring in others, close it and open it again. A
 * thread is its header (c1).
 */
final class ThreadRule implements Rule {
  // Whoever comes in now sees none of these, whatever the clock of the server that took them says.
  private static final String LAST =
      "select at from thread_message where thread = ? order by number desc limit 1";

  private final References references;
  private final Chart chart;
  private final Clock clock;

  ThreadRule(References references, Chart chart, Clock clock) {
    this.references = references;
    this.chart = chart;
    this.clock = clock;
  }

  /** c1: a header is part of nothing and says nothing. */
  static boolean isThread(Communication message) {
    return !message.hasPartOf() && !message.hasPayload() && !Recalled.is(message);
  }

  @Override
  public boolean needsTransaction(Change change) {
    return (change.sends() || change.byOperation())
        && change.after() instanceof Communication after
        && (change.before() instanceof Communication before && !MessageRule.isDraft(before)
            ? isThread(before)
            : isThread(after));
  }

  @Override
  public boolean completes(Change change) {
    return needsTransaction(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!needsTransaction(change)) {
      return;
    }
    Communication after = (Communication) change.after();
    Instant now = clock.instant();
    boolean isSystem = change.caller().isSystem();
    Membership me =
        isSystem
            ? Membership.nobody(references)
            : Membership.of(change.caller(), references, transaction.connection(), now);
    if (change.before() instanceof Communication before && isThread(before)) {
      if (!isSystem) {
        change(before, after, me);
        if (before.hasExtension(Codes.HELD) && !after.hasExtension(Codes.HELD)) {
          after.setSentElement(Moments.utc(now));
        }
      }
      Labels.keep(change.caller(), before, after);
      keepAudience(before, after);
      new People(before, after, me, chart, later(change, now, transaction)).settle();
    } else {
      if (!isSystem) {
        Labels.keep(change.caller(), null, after);
        MessageRule.status(after);
        me.own(change.caller(), after);
        after.setReceivedElement(null);
        after.setSentElement(Moments.utc(now));
      }
      subject(after, transaction.connection());
    }
  }

  /** For whom it was made is said on (c1), whatever the body leaves out. */
  private static void keepAudience(Communication before, Communication after) {
    if (Codes.ours(after.getCategory(), "audience").isEmpty()) {
      before.getCategory().stream()
          .filter(c -> !Codes.ours(c, "audience").isEmpty())
          .forEach(c -> after.addCategory(c.copy()));
    }
  }

  /** Who writes to the clinic, or is written to, is whom it is about, unless the thread says. */
  private void subject(Communication thread, Connection connection) throws SQLException {
    if (thread.hasSubject()) {
      return;
    }
    Set<String> patients = new TreeSet<>();
    for (Reference each : Membership.participants(thread).toList()) {
      Optional<String> who = chart.local(each);
      if (who.isPresent()) {
        chart.patientOf(connection, who.get()).ifPresent(patients::add);
      }
    }
    if (patients.size() == 1) {
      thread.setSubject(new Reference(patients.iterator().next()));
    }
  }

  private static Instant later(Change change, Instant now, Transaction transaction)
      throws SQLException {
    try (PreparedStatement query = transaction.connection().prepareStatement(LAST)) {
      query.setLong(1, Keys.self(change.type(), change.id()));
      try (ResultSet row = query.executeQuery()) {
        Instant last =
            row.next() ? row.getObject(1, OffsetDateTime.class).toInstant() : Instant.MIN;
        return (last.isBefore(now) ? now : last.plusMillis(1)).truncatedTo(ChronoUnit.MILLIS);
      }
    }
  }

  /** Its title and people are changed by those in it; what it is about stays. */
  private static void change(Communication before, Communication after, Membership me) {
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
}
