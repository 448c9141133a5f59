// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import java.util.List;
import java.util.function.Function;
import org.hibernate.StatelessSession;
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
    return plan(null, caller, step, locks);
  }

  /**
   * Plans a step that comes to those of an open transaction.
   *
   * @param open its session, so that it holds one connection only; null if there is none
   */
  Planned plan(StatelessSession open, Caller caller, Step step, Locks locks) {
    List<StoredResource> found = null;
    String id = step.id();
    if (step.criteria() != null) {
      locks.exclusive(ConditionalMatch.key(step));
      found = read(open, s -> matches.find(s, caller, step));
      id = found.isEmpty() ? id : found.get(0).id();
    }
    boolean creates = step.kind() == Change.Kind.CREATE && (found == null || found.isEmpty());
    if (id == null) {
      id = newId.next();
    } else if (!creates) {
      locks.exclusive(Keys.self(step.type(), id));
      if (step.type().equals("Communication")) {
        long self = Keys.self(step.type(), id);
        Long thread = read(open, s -> thread(s, self));
        if (thread != null) {
          locks.exclusive(thread);
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

  private <T> T read(StatelessSession open, Function<StatelessSession, T> reading) {
    return open == null ? database.read(reading) : reading.apply(open);
  }

  private static Long thread(StatelessSession session, long self) {
    ResourceRow row = session.get(ResourceRow.class, self);
    return row == null ? null : row.thread;
  }
}
