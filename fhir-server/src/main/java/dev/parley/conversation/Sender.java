// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.feature.Tools;
import dev.parley.store.Step;
import dev.parley.store.Written;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;

/** What operations on a message do it with: as the caller, by all the rules. */
record Sender(Tools tools) {

  /** The message as the caller sees it. */
  Communication read(RequestDetails request, String id) {
    return tools.chart().parse(tools.as(request).read("Communication", id), Communication.class);
  }

  /** Changes what is stored, under its lock. */
  Written change(RequestDetails request, String id, Consumer<Communication> change) {
    return tools.as(request).write(Step.change(tools.fhir(), Communication.class, id, change));
  }

  Communication message(Written written) {
    return tools.chart().parse(written.resource(), Communication.class);
  }

  /**
   * The thread that a parameter names, as the caller sees it.
   *
   * @throws Refusal 400 if it is none
   */
  Communication thread(RequestDetails request, Reference to) {
    String id =
        tools
            .chart()
            .local(to)
            .filter(r -> r.startsWith("Communication/"))
            .map(r -> r.substring("Communication/".length()))
            .orElseThrow(
                () -> Refusal.invalid("no-thread", "Name the thread: a reference to its header"));
    Communication thread = read(request, id);
    if (!ThreadRule.isThread(thread)) {
      throw Refusal.invalid("no-thread", "Communication/%s is a message".formatted(id));
    }
    return thread;
  }

  Membership me(Caller caller, Connection connection) throws SQLException {
    return Membership.of(caller, tools.references(), connection, tools.clock().instant());
  }

  /**
   * @param message or a thread
   * @throws Refusal 403 for somebody who only sees it
   */
  void requireParticipant(Communication message, Caller caller) {
    if (!inside(c -> me(caller, c).takesPart(message) || inThread(message, caller, c))) {
      throw Refusal.forbidden("not-a-participant", "Only those who take part do this");
    }
  }

  private boolean inThread(Communication message, Caller caller, Connection connection)
      throws SQLException {
    for (Reference part : message.getPartOf()) {
      Optional<String> thread = tools.chart().local(part);
      if (thread.isPresent()
          && tools
              .chart()
              .find(connection, thread.get(), Communication.class)
              .filter(me(caller, connection)::takesPart)
              .isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** Reads past visibility, to decide by. */
  <T> T inside(Database.Reading<T> reading) {
    return tools.database().with(reading);
  }
}
