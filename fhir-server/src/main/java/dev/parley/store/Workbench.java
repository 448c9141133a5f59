// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.Resource;

/** What every write is made with, whether it is one statement or a transaction. */
record Workbench(
    ResourceTypes types,
    SearchIndexer indexer,
    ConditionalMatch matches,
    List<Rule> rules,
    FhirContext fhir,
    Visibility visibility,
    Redaction redaction,
    Planner planner,
    WriteCall call,
    Trail trail) {

  /** Each rule, in order; what one refuses goes out as its refusal. */
  void ask(Change change, List<Planned> all, Transaction transaction) throws SQLException {
    for (Rule rule : rules) {
      try {
        rule.beforeWrite(change, transaction);
      } catch (Refusal refusal) {
        String reference = change.type() + "/" + change.id();
        throw new Refused(
            rule, refusal.about(reference), all.stream().map(Planned::change).toList());
      }
    }
  }

  /** What a rule has changed in the resource has to be in the text as well. */
  Draft completed(Change change, Draft draft) {
    return rules.stream().anyMatch(rule -> rule.completes(change))
        ? Draft.of(draft.resource(), fhir)
        : draft;
  }

  Resource parse(StoredResource stored) {
    return rules.isEmpty() ? null : (Resource) fhir.newJsonParser().parseResource(stored.json());
  }

  /** Whom a write concerns: those of the version before, and of the new one. */
  Trace trace(Caller caller, Origin origin, Step step, StoredResource before, String text) {
    Set<String> patients = before == null ? new TreeSet<>() : trail.patients().of(before);
    if (step.type().equals("Patient")) {
      patients.add(step.id());
    }
    if (text != null) {
      trail.patients().of(text, patients);
    }
    return Trace.of(caller, origin, CallerStore.action(step))
        .on(step.type(), step.id(), null)
        .about(patients);
  }
}
