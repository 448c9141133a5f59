// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.Locks;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import org.hl7.fhir.r4.model.Binary;

/**
 * What is written as a Binary: files come in by one door, whatever form they are sent in, and stay
 * as they came. What records of systems hold is kept as it was sent.
 */
final class AttachmentRule implements Rule {
  private final Allowance allowance;
  private final Intake intake;
  private final Clock clock;

  AttachmentRule(Allowance allowance, Intake intake, Clock clock) {
    this.allowance = allowance;
    this.intake = intake;
    this.clock = clock;
  }

  /** Bytes inside of JSON or XML are stored like others, before anything is locked. */
  @Override
  public void plan(Change change, Locks locks) {
    if (!(change.after() instanceof Binary binary)
        || change.kind() != Change.Kind.CREATE
        || change.caller().isSystem()) {
      return;
    }
    if (Binaries.claims(binary)) {
      throw Refusal.unprocessable(
              "business-rule",
              "attachment-claim",
              "What a file belongs to is set by the server: refer to it from the message")
          .at("Binary.securityContext");
    }
    if (Received.of(binary) == null) {
      byte[] data = binary.hasData() ? binary.getData() : new byte[0];
      try (Allowance.Going going = allowance.begin(change.caller(), data.length)) {
        Received received =
            new Received(
                intake.take(going.counted(new ByteArrayInputStream(data)), binary.getContentType()),
                null);
        Binaries.fill(binary, received);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.type().equals("Binary")
        && (!change.caller().isSystem() || Received.of(change.after()) != null);
  }

  @Override
  public boolean completes(Change change) {
    return Received.of(change.after()) != null;
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!change.type().equals("Binary") || change.caller().equals(Caller.SYSTEM)) {
      return;
    }
    if (change.after() == null) {
      mayDelete(change);
    } else if (change.before() != null
        && (!change.caller().isSystem()
            || Contents.of(transaction.connection(), Keys.self("Binary", change.id()))
                .isPresent())) {
      throw Refusal.notAllowed(
              "attachment-final", "A file stays as it was sent; send another, and refer to that")
          .with("Allow", "GET, HEAD, DELETE");
    }
  }

  private static void mayDelete(Change change) {
    if (change.before() instanceof Binary binary && binary.hasSecurityContext()) {
      throw Refusal.conflict(
          "attachment-in-use",
          "Binary/%s is a part of %s; recall that"
              .formatted(change.id(), binary.getSecurityContext().getReference()));
    }
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (!change.type().equals("Binary")) {
      return;
    }
    long self = Keys.self("Binary", change.id());
    Received received = Received.of(change.after());
    if (change.after() == null) {
      Contents.unlink(connection, self);
    } else if (received != null && !Contents.link(connection, self, received, clock.instant())) {
      throw Refusal.unavailable(
          "attachment-lost", "The file is not stored any more; send it again", 1);
    }
  }
}
