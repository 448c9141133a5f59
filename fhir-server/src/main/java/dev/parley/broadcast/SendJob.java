// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.broadcast.BroadcastTable.Author;
import dev.parley.broadcast.BroadcastTable.Recipient;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.CommunicationRequest.CommunicationRequestStatus;

/**
 * Sends a broadcast, some at a time, each in a transaction of its own, as its author and by all the
 * rules for a message. The ids are drawn beforehand, so that whatever crashes, and however often it
 * is tried, each recipient has one.
 */
final class SendJob {
  private static final int BATCH = 50;

  private final Tools tools;
  private final Predicate<String> admitted;

  /**
   * @param admitted whether somebody might log in now
   */
  SendJob(Tools tools, Predicate<String> admitted) {
    this.tools = tools;
    this.admitted = admitted;
  }

  void run(String id) {
    Optional<StoredResource> stored = tools.own().find("CommunicationRequest", id);
    Optional<Author> author = tools.database().with(c -> BroadcastTable.author(c, id));
    if (stored.isEmpty() || stored.get().deleted() || author.isEmpty()) {
      return;
    }
    CommunicationRequest request = tools.chart().parse(stored.get(), CommunicationRequest.class);
    if (request.getStatus() != CommunicationRequestStatus.ACTIVE) {
      return;
    }
    PrivateMessage message = new PrivateMessage(id, request, tools.chart());
    RuntimeException failed = null;
    for (Recipient each : tools.database().with(c -> BroadcastTable.waiting(c, id, BATCH))) {
      try {
        String refusal = send(message, each, author.get());
        tools.database().with(c -> done(c, id, each, refusal));
      } catch (RuntimeException e) {
        // The others do not wait for this one; it is tried again.
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
    if (tools.database().with(c -> BroadcastTable.waiting(c, id, 1)).isEmpty()) {
      tools
          .own()
          .write(Step.change(tools.fhir(), CommunicationRequest.class, id, SendJob::complete));
    } else {
      tools.database().with(c -> again(c, id));
    }
  }

  private static Boolean done(Connection connection, String id, Recipient each, String refusal)
      throws SQLException {
    BroadcastTable.done(connection, id, each.place(), refusal);
    return true;
  }

  private Boolean again(Connection connection, String id) throws SQLException {
    tools.agenda().at(connection, BroadcastRule.KIND, id, tools.clock().instant());
    return true;
  }

  /** Null if it is sent, else why not. */
  private String send(PrivateMessage message, Recipient to, Author author) {
    if (author.person() != null && !admitted.test(author.person())) {
      return "author-left";
    }
    if (tools.own().find("Communication", to.message()).isPresent()) {
      return null;
    }
    Communication thread = tools.database().with(c -> message.thread(to.who(), c));
    Communication text = tools.database().with(c -> message.message(to.who(), to.thread(), c));
    try {
      as(author)
          .write(
              List.of(
                  Step.create(Draft.of(thread, tools.fhir()), null).linked(to.thread()),
                  Step.create(Draft.of(text, tools.fhir()), null).linked(to.message())));
      return null;
    } catch (Refusal refusal) {
      if (refusal.status() >= 500 || refusal.status() == 409 || refusal.status() == 429) {
        throw refusal;
      }
      return refusal.reason();
    }
  }

  private CallerStore as(Author author) {
    Caller caller =
        author.person() == null
            ? Caller.system(author.client(), Scopes.parse("system/*.cruds messaging"))
            : Caller.person(
                author.person(), author.client(), Scopes.parse("user/*.cruds patient/*.cruds"));
    return tools.store().get().as(caller);
  }

  private static void complete(CommunicationRequest request) {
    if (request.getStatus() == CommunicationRequestStatus.ACTIVE) {
      request.setStatus(CommunicationRequestStatus.COMPLETED);
    }
  }
}
