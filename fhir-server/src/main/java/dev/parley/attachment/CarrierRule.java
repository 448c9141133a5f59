// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.attachment.Contents.Held;
import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.Locks;
import dev.parley.store.Moments;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Resource;

/**
 * What becomes of files when the message or document that carries them is written: they become its
 * part, what is known of them is filled in, and they go when it is recalled. A file of another
 * message, sent on, gets a Binary of its own over the same bytes, so that each has the readers of
 * its own message. Systems that keep records store what was sent; their files become parts as well.
 */
final class CarrierRule implements Rule {
  private static final String FILLED = "parley.attachment.filled";

  private final Files files;
  private final Binaries binaries;
  private final Parts parts;
  private final Inline inline;

  CarrierRule(Files files, Binaries binaries, Parts parts, Inline inline) {
    this.files = files;
    this.binaries = binaries;
    this.parts = parts;
    this.inline = inline;
  }

  @Override
  public void plan(Change change, Locks locks) {
    if (Files.mayHave(change.type())) {
      files.binaries(change.after()).forEach(id -> locks.exclusive(Keys.self("Binary", id)));
    }
  }

  @Override
  public boolean needsTransaction(Change change) {
    return Files.mayHave(change.type())
        && Files.of(change.after()).stream()
            .anyMatch(
                a ->
                    files.binary(a).isPresent()
                        || isSent(change) && (a.hasData() || Inline.pointsNowhere(a)));
  }

  @Override
  public boolean completes(Change change) {
    return change.after() != null && change.after().getUserData(FILLED) != null;
  }

  /** By somebody who sends, not a record of it. */
  private static boolean isSent(Change change) {
    return !change.caller().isSystem()
        || change.caller().equals(Caller.SYSTEM)
        || change.caller().scopes().has("messaging") && !change.put();
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!Files.mayHave(change.type()) || change.after() == null) {
      return;
    }
    Set<String> before = files.binaries(change.before());
    Claim claim = new Claim(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (Attachment attachment : Files.of(change.after())) {
      if (isSent(change) && !change.caller().isSystem()) {
        inline.check(change, attachment);
      }
      if (change.sends() && !change.byOperation()) {
        Inline.requireFile(change, attachment);
      }
      Optional<String> id = files.binary(attachment);
      if (id.isPresent() && !before.contains(id.get())) {
        transaction.exclusive(Keys.self("Binary", id.get()));
        take(change, attachment, id.get(), claim, transaction.connection());
      }
    }
    claim.on(change.after());
  }

  private void take(
      Change change, Attachment attachment, String id, Claim claim, Connection connection)
      throws SQLException {
    boolean sent = isSent(change);
    Optional<Parts.Part> part = parts.find(connection, id);
    if (part.isEmpty() || !parts.mayUse(connection, change.caller(), part.get().binary())) {
      // Perhaps it is written in the same transaction; asked at its end. What may not be seen is
      // refused there as well, so that nothing tells it from what is not there.
      if (sent) {
        claim.awaited().add(id);
      }
      return;
    }
    Optional<Held> held = part.get().held();
    if (held.isPresent() && held.get().content().scan() == Content.Scan.INFECTED) {
      throw Intake.infected();
    }
    boolean free = !part.get().claimed() && !isRefused(change.after());
    if (free) {
      claim.taken().add(id);
    } else if (sent && held.isPresent()) {
      String copy = UUID.randomUUID().toString();
      claim
          .copies()
          .add(new Claim.Copy(copy, new Received(held.get().content(), held.get().name())));
      attachment.setUrl("Binary/" + copy);
      change.after().setUserData(FILLED, true);
    }
    if (sent && held.isPresent()) {
      fill(attachment, held.get());
      change.after().setUserData(FILLED, true);
    }
  }

  /** A message that could not pass is kept for staff; its sender may send the file again. */
  private static boolean isRefused(Resource resource) {
    return resource instanceof Communication message
        && message.getStatus() == CommunicationStatus.NOTDONE;
  }

  private void fill(Attachment attachment, Held held) {
    files.binary(attachment).ifPresent(id -> attachment.setUrl("Binary/" + id));
    attachment.setContentType(held.content().type());
    attachment.setHash(held.content().sha1());
    attachment.setSizeElement(null);
    if (held.content().size() <= Integer.MAX_VALUE) {
      attachment.setSize((int) held.content().size());
    }
    attachment.setCreationElement(Moments.utc(held.created()));
    if (!attachment.hasTitle() && held.name() != null) {
      attachment.setTitle(held.name());
    }
  }

  private static Refusal unknown(String id) {
    return Refusal.unprocessable(
        "not-found", "unknown-reference", "Binary/" + id + " is referred to but is not known here");
  }

  @Override
  public void beforeCommit(List<Change> changes, Transaction transaction) {
    for (Change change : changes) {
      Claim claim = Claim.of(change.after());
      for (String id : claim.awaited()) {
        boolean made =
            changes.stream()
                .anyMatch(c -> c.type().equals("Binary") && c.id().equals(id) && c.after() != null);
        if (!made) {
          throw unknown(id);
        }
      }
    }
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (Files.mayHave(change.type())) {
        claim(change, steps);
        leave(change, files.sender(change.before()), connection, steps);
      }
    }
    return steps;
  }

  /**
   * A forward is recalled with what it repeats, by a rule; its files go then, too, and whoever
   * forwarded them keeps none.
   */
  @Override
  public List<Step> followsOwn(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (Files.mayHave(change.type())) {
        leave(change, null, connection, steps);
      }
    }
    return steps;
  }

  private void claim(Change change, List<Step> steps) {
    Claim claim = Claim.of(change.after());
    String of = change.type() + "/" + change.id();
    String patient = change.after() == null ? null : files.patient(change.after());
    Set<String> taken = new TreeSet<>(claim.taken());
    taken.addAll(claim.awaited());
    for (String id : taken) {
      steps.add(
          Step.patch(
              "Binary",
              id,
              stored -> binaries.changed(stored, b -> Binaries.claimed(b, of, patient)),
              null));
    }
    for (Claim.Copy copy : claim.copies()) {
      steps.add(Step.create(binaries.draft(copy.received(), of, patient), null).linked(copy.id()));
    }
  }

  /**
   * Files that the message carried, and does not any more.
   *
   * @param keeper who still sees them when they are recalled, or null
   */
  private void leave(Change change, String keeper, Connection connection, List<Step> steps)
      throws SQLException {
    Set<String> before = files.binaries(change.before());
    if (before.isEmpty()) {
      return;
    }
    boolean recalled = isRecalled(change.after()) && !isRecalled(change.before());
    Set<String> after = files.binaries(change.after());
    if (!recalled && after.containsAll(before)) {
      return;
    }
    for (String id : parts.of(connection, Keys.self(change.type(), change.id()))) {
      if (recalled) {
        steps.add(
            Step.patch(
                "Binary",
                id,
                stored -> binaries.changed(stored, b -> Binaries.recalled(b, keeper)),
                null));
      } else if (before.contains(id) && !after.contains(id)) {
        steps.add(Step.delete("Binary", id, null));
      }
    }
  }

  private static boolean isRecalled(Resource resource) {
    return resource instanceof Communication message
            && message.getStatus() == CommunicationStatus.ENTEREDINERROR
        || resource instanceof org.hl7.fhir.r4.model.DocumentReference document
            && document.getStatus()
                == org.hl7.fhir.r4.model.Enumerations.DocumentReferenceStatus.ENTEREDINERROR;
  }
}
