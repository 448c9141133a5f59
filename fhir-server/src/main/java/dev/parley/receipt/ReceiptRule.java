// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.access.Caller;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.Holders;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.References.Local;
import dev.parley.store.Rule;
import dev.parley.store.Sending;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * What writes say of receipts. The PUT by which Medplum's client says "read" (received, completed)
 * is the receipt of the person who sends it, and no other's; a completed Task with our code
 * acknowledge, which only those whom it asks complete, is an acknowledgement of what it is about;
 * receipts in a body are the server's to say, and are left out of what is stored.
 */
final class ReceiptRule implements Rule {
  private static final String ACKNOWLEDGE = "acknowledge";

  private static final String STRIPPED = "parley.receipts-stripped";

  private static final String ACKNOWLEDGED =
      """
      insert into receipt as c (message, person, who, via, delivered, acknowledged)
        values (?, ?, ?, %s, ?, ?)
        on conflict (message, person) do update set
          delivered = coalesce(c.delivered, excluded.delivered),
          acknowledged = coalesce(c.acknowledged, excluded.acknowledged)"""
          .formatted(ReceiptSql.via("?", "?"));

  private static final String TELL =
      ReceiptSql.event(
          "array[?::bigint, n.sender]",
          "(select self as message, sender from thread_message where self = ?)");

  private final References references;
  private final Clock clock;

  ReceiptRule(References references, Clock clock) {
    this.references = references;
    this.clock = clock;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.after() instanceof Communication message && claims(message)
        || change.after() instanceof Task task && acknowledges(null, task);
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && change.after().getUserData(STRIPPED) != null;
  }

  private static boolean claims(Communication message) {
    return message.hasExtension(Codes.RECEIPT)
        || message.getRecipient().stream().anyMatch(r -> r.hasExtension(Codes.RECEIPT));
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!(change.after() instanceof Communication after)) {
      return;
    }
    if (claims(after)) {
      after.getExtension().removeIf(e -> Codes.RECEIPT.equals(e.getUrl()));
      after
          .getRecipient()
          .forEach(r -> r.getExtension().removeIf(e -> Codes.RECEIPT.equals(e.getUrl())));
      after.setUserData(STRIPPED, true);
    }
    if (change.before() instanceof Communication before
        && !change.caller().isSystem()
        && !change.byOperation()) {
      receipt(change, before, after, transaction.connection());
    }
  }

  /** Whatever else a recipient may do to a sent message of somebody else, it is a receipt. */
  private void receipt(
      Change change, Communication before, Communication after, Connection connection)
      throws SQLException {
    Caller caller = change.caller();
    if (Sending.UNSENT.contains(before.getStatus())
        || Sending.UNSENT.contains(after.getStatus())
        || !after.hasReceived()
        || self(before.getSender()).filter(s -> s == Keys.of(caller.reference())).isPresent()) {
      return;
    }
    boolean receives = receives(before, caller, connection);
    long message = Keys.self(change.type(), change.id());
    Reading.Place place = Reading.place(connection, message);
    if (!receives || place != null && place.sender() == Keys.of(caller.reference())) {
      return;
    }
    Instant now = clock.instant();
    String person = caller.reference();
    long thread = place == null ? message : place.thread();
    Reading.lock(connection, person, thread);
    if (place == null) {
      Reading.put(connection, person, new long[] {message}, false, now);
      return;
    }
    Reading.Range one = new Reading.Range(thread, place.number(), place.number());
    if (!Reading.unread(connection, person, one, false, new long[0]).isEmpty()) {
      Reading.put(connection, person, new long[] {message}, false, now);
      Reading.tell(connection, person, new long[] {message}, false, now);
      Reading.advance(connection, person, thread, now);
    }
  }

  /** Whether somebody is a recipient, themselves or by a role, team or pool. */
  boolean receives(Communication message, Caller caller, Connection connection)
      throws SQLException {
    Set<Long> selves = Holders.of(connection, caller.reference(), clock.instant());
    return message.getRecipient().stream()
        .anyMatch(r -> self(r).filter(selves::contains).isPresent());
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (!(change.after() instanceof Task task) || !acknowledges(change.before(), task)) {
      return;
    }
    Optional<Local> message = local(task.getFocus());
    String person =
        change.caller().isSystem()
            ? local(task.getOwner()).map(Local::toString).orElse(null)
            : change.caller().reference();
    if (message.isEmpty() || !message.get().type().equals("Communication") || person == null) {
      return;
    }
    long self = message.get().self();
    Reading.Place place = Reading.place(connection, self);
    // Before the row: who marks the thread as read takes them in this order.
    Reading.lock(connection, person, place == null ? self : place.thread());
    read(change.caller(), person, self, place, connection);
    acknowledge(connection, self, person);
  }

  /** Who says that they have taken note has read it; one that they read in private stays so. */
  private void read(
      Caller caller, String person, long message, Reading.Place place, Connection connection)
      throws SQLException {
    if (place == null) {
      return;
    }
    Reading.Range one = new Reading.Range(place.thread(), place.number(), place.number());
    boolean given =
        caller.kind() == Caller.Kind.STAFF || ReadingOperations.tagged(one, connection).isEmpty();
    if (given && !Reading.unread(connection, person, one, true, new long[0]).isEmpty()) {
      Reading.put(connection, person, new long[] {message}, false, clock.instant());
      Reading.advance(connection, person, place.thread(), clock.instant());
    }
  }

  private void acknowledge(Connection connection, long message, String person) throws SQLException {
    Object now = clock.instant().atOffset(ZoneOffset.UTC);
    long self = Keys.of(person);
    try (PreparedStatement put = connection.prepareStatement(ACKNOWLEDGED);
        PreparedStatement tell = connection.prepareStatement(TELL)) {
      put.setLong(1, message);
      put.setLong(2, self);
      put.setString(3, person);
      put.setLong(4, message);
      put.setLong(5, self);
      put.setObject(6, now);
      put.setLong(7, self);
      put.setObject(8, now);
      put.setObject(9, now);
      put.executeUpdate();
      tell.setObject(1, now);
      tell.setLong(2, self);
      tell.setLong(3, message);
      tell.executeUpdate();
    }
  }

  private static boolean acknowledges(Resource before, Task after) {
    return after.getStatus() == TaskStatus.COMPLETED
        && !(before instanceof Task was && was.getStatus() == TaskStatus.COMPLETED)
        && after.hasFocus()
        && Codes.has(after.getCode(), "task", ACKNOWLEDGE);
  }

  private Optional<Long> self(Reference reference) {
    return local(reference).map(Local::self);
  }

  private Optional<Local> local(Reference reference) {
    return reference == null || reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference());
  }
}
