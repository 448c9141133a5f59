// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Scopes;
import dev.parley.store.CallerStore;
import dev.parley.store.Draft;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.Communication;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what waited for a consent, as its author, by all the rules that hold for a message. */
final class HeldDrafts {
  private static final Logger LOG = LoggerFactory.getLogger(HeldDrafts.class);

  private final Supplier<ResourceStore> store;
  private final FhirContext fhir;
  private final Predicate<String> admitted;

  /**
   * @param admitted whether somebody might log in now
   */
  HeldDrafts(Supplier<ResourceStore> store, Predicate<String> admitted, FhirContext fhir) {
    this.store = store;
    this.admitted = admitted;
    this.fhir = fhir;
  }

  /** All that wait for this patient, oldest first; what may still not pass goes on waiting. */
  void send(String patient) {
    List<StoredResource> waiting;
    try {
      waiting = waiting(patient);
    } catch (RuntimeException e) {
      LOG.error("the drafts that wait for {} were not sent", patient, e);
      return;
    }
    for (StoredResource each : waiting) {
      try {
        send(each);
      } catch (RuntimeException e) {
        LOG.info("{} still waits: {}", each.reference(), e.getClass().getSimpleName());
      }
    }
  }

  private List<StoredResource> waiting(String patient) {
    return store
        .get()
        .as(Caller.SYSTEM)
        .search(
            "Communication",
            null,
            Map.of(
                "identifier", new String[] {HeldDraft.FOR + "|" + patient},
                "status", new String[] {"preparation"},
                "_sort", new String[] {"_lastUpdated"},
                "_count", new String[] {"100"}),
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
    CallerStore theirs = store.get().as(author);
    theirs.write(
        Step.patch(
            "Communication",
            stored.id(),
            now -> {
              Communication current = parse(now);
              return Draft.of(HeldDraft.is(current) ? HeldDraft.sent(current) : current, fhir);
            },
            stored.version()));
  }

  private Communication parse(StoredResource stored) {
    return fhir.newJsonParser().parseResource(Communication.class, stored.json());
  }
}
