// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.References.Local;
import dev.parley.store.Rule;
import dev.parley.store.Sending;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;

/**
 * Gives each message that is sent into a thread the next number there and its time, under the lock
 * of the thread: numbers, times and the order of the events agree, whatever the clocks of two
 * servers say. One that is refused gives its number back.
 */
final class NumberRule implements Rule {
  private static final Set<String> PEOPLE = Set.of("Practitioner", "Patient", "RelatedPerson");

  // The last one is the end of the primary key's range. Who has come in before it sees it, whatever
  // clock said when.
  private static final String NEXT =
      """
      insert into thread_message (thread, number, self, sender, at)
        select ?, coalesce(l.number, 0) + 1, ?, ?, greatest(?, l.at + interval '1 millisecond',
          (select max(g.since) from access_grant g where g.source = ?))
        from (values (1)) one left join lateral (
          select number, at from thread_message where thread = ? order by number desc limit 1) l on true
      returning number, at""";

  private final References references;
  private final Clock clock;

  NumberRule(References references, Clock clock) {
    this.references = references;
    this.clock = clock;
  }

  /** What the server sends by itself is told apart from what it loads by who has drafted it. */
  private static boolean sends(Change change) {
    return change.sends() || change.byOperation();
  }

  /** A system passes on what was sent elsewhere before; the server's own messages are sent now. */
  private static boolean saysWhen(Change change) {
    return change.caller().isSystem() && !change.byOperation();
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.type().equals("Communication") && sends(change);
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!(change.after() instanceof Communication after)) {
      return;
    }
    Communication before = change.before() instanceof Communication b ? b : null;
    if (before != null && Numbered.is(before)) {
      Numbered.keep(before, after, sends(change) && !saysWhen(change));
    } else if (sends(change)) {
      Numbered.clear(after);
      Optional<Local> thread = thread(after);
      if (thread.isPresent()
          && !Sending.UNSENT.contains(after.getStatus())
          && (before == null || MessageRule.isDraft(before))) {
        // The store holds the lock of a message's thread already.
        next(thread.get().self(), change, after, transaction.connection());
      }
    }
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && Numbered.isMarked(change.after());
  }

  private Optional<Local> thread(Communication message) {
    return message.hasPartOf()
        ? local(message.getPartOfFirstRep()).filter(l -> l.type().equals("Communication"))
        : Optional.empty();
  }

  private Optional<Local> local(Reference reference) {
    return reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference());
  }

  private void next(long thread, Change change, Communication message, Connection connection)
      throws SQLException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    try (PreparedStatement insert = connection.prepareStatement(NEXT)) {
      insert.setLong(1, thread);
      insert.setLong(2, Keys.self(change.type(), change.id()));
      insert.setLong(3, author(change, message));
      insert.setObject(4, now.atOffset(ZoneOffset.UTC));
      insert.setLong(5, thread);
      insert.setLong(6, thread);
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        Instant at = row.getObject(2, OffsetDateTime.class).toInstant();
        Numbered.give(message, row.getInt(1), at, saysWhen(change));
      }
    }
  }

  /**
   * A person who sends as a role is still that person; what an operation puts into a thread for
   * somebody else is that person's.
   */
  private long author(Change change, Communication message) {
    String caller = change.caller().reference();
    Optional<Local> sender = local(message.getSender());
    boolean isSender =
        change.caller().isSystem()
            || change.byOperation() && sender.filter(s -> PEOPLE.contains(s.type())).isPresent();
    return Keys.of(isSender ? sender.map(Local::toString).orElse(caller) : caller);
  }
}
