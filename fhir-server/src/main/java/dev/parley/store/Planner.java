// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import java.util.List;
import org.hl7.fhir.r4.model.IdType;

/**
 * Finds out, before anything is locked or written, which resource a step is about, what it will be
 * found by and what must be locked for it.
 */
final class Planner {
  private final Database database;
  private final SearchIndexer indexer;
  private final ConditionalMatch matches;
  private final List<Rule> rules;
  private final NewId newId;

  Planner(
      Database database,
      SearchIndexer indexer,
      ConditionalMatch matches,
      List<Rule> rules,
      NewId newId) {
    this.database = database;
    this.indexer = indexer;
    this.matches = matches;
    this.rules = rules;
    this.newId = newId;
  }

  String newId() {
    return newId.next();
  }

  /** Plans one step and adds the keys of what must hold still under it. */
  Planned plan(Caller caller, Step step, Locks locks) {
    List<StoredResource> found = null;
    String id = step.id();
    if (step.criteria() != null) {
      locks.exclusive(ConditionalMatch.key(step));
      found = database.read(s -> matches.find(s, caller, step));
      id = found.isEmpty() ? id : found.get(0).id();
    }
    boolean creates = step.kind() == Change.Kind.CREATE && (found == null || found.isEmpty());
    if (id == null) {
      id = newId.next();
    } else if (!creates) {
      locks.exclusive(Keys.self(step.type(), id));
      if (step.type().equals("Communication")) {
        long self = Keys.self(step.type(), id);
        ResourceRow row = database.read(s -> s.get(ResourceRow.class, self));
        if (row != null && row.thread != null) {
          locks.exclusive(row.thread);
        }
      }
    }
    IndexValues values = null;
    if (step.draft() != null) {
      step.draft().resource().setId(new IdType(step.type(), id));
      values = indexer.index(step.draft().resource(), id);
      if (values.thread() != null && step.type().equals("Communication")) {
        locks.exclusive(values.thread());
      }
    }
    Change change =
        new Change(
            caller,
            step.kind(),
            step.type(),
            id,
            null,
            step.draft() == null ? null : step.draft().resource(),
            step.put());
    rules.forEach(rule -> rule.plan(change, locks));
    return new Planned(
        step, step.on(id), change, values, found == null ? null : Planned.ids(found));
  }
}
