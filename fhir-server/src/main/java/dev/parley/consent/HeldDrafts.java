// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.Communication;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what waited for a consent, as its author, by all the rules that hold for a message. */
final class HeldDrafts {
  private static final Logger LOG = LoggerFactory.getLogger(HeldDrafts.class);
  private static final String KIND = "held-drafts";

  private final Tools tools;
  private final Predicate<String> admitted;

  /**
   * @param admitted whether somebody might log in now
   */
  HeldDrafts(Tools tools, Predicate<String> admitted) {
    this.tools = tools;
    this.admitted = admitted;
    tools.agenda().once(KIND, this::send);
  }

  /** Notes in the transaction of a Consent that they are to be sent. */
  void note(String patient, Connection connection) throws SQLException {
    tools.agenda().at(connection, KIND, patient, tools.clock().instant());
  }

  /** At once; what does not go now is done by the agenda. */
  void sendNow(String patient) {
    try {
      send(patient);
    } catch (RuntimeException e) {
      LOG.warn("the drafts that wait for {} are sent later: {}", patient, e.toString());
    }
  }

  /**
   * All that wait for this patient, oldest first; what may still not pass goes on waiting.
   *
   * @throws RuntimeException when some could not be sent only now
   */
  private void send(String patient) {
    RuntimeException failed = null;
    for (StoredResource each : waiting(patient)) {
      try {
        send(each);
      } catch (Refusal refusal) {
        LOG.info("{} still waits: {}", each.reference(), refusal.reason());
        failed = refusal.status() >= 500 || refusal.status() == 409 ? refusal : failed;
      } catch (RuntimeException e) {
        LOG.warn("{} still waits: {}", each.reference(), e.toString());
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  private List<StoredResource> waiting(String patient) {
    return tools
        .own()
        .search(
            "Communication",
            null,
            Map.of(
                "identifier", new String[] {HeldDraft.FOR + "|" + patient},
                "status", new String[] {"preparation"},
                "_sort", new String[] {"_lastUpdated"},
                "_count", new String[] {"1000"}),
            true)
        .matches();
  }

  private void send(StoredResource stored) {
    Communication draft = parse(stored);
    if (!admitted.test(draft.getSender().getReference())) {
      LOG.info("{} still waits: its author may not log in", stored.reference());
      return;
    }
    Caller author =
        Caller.person(
            draft.getSender().getReference(),
            "parley",
            Scopes.parse("user/*.cruds patient/*.cruds"));
    CallerStore theirs = tools.store().get().as(author);
    theirs.write(
        Step.patch(
            "Communication",
            stored.id(),
            now -> {
              Communication current = parse(now);
              return Draft.of(
                  HeldDraft.is(current) ? HeldDraft.sent(current) : current, tools.fhir());
            },
            stored.version()));
  }

  private Communication parse(StoredResource stored) {
    return tools.chart().parse(stored, Communication.class);
  }
}
