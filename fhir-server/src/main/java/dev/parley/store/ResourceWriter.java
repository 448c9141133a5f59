// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.db.Outage;
import dev.parley.db.SqlFailure;
import dev.parley.store.WriteCall.NewVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Every write: plan, lock, rules, one transaction. A plain create that no rule has to read for is a
 * single statement. See "The path of a message" in docs/architecture.md.
 */
final class ResourceWriter {
  private final Database database;
  private final List<Rule> rules;
  private final Clock clock;
  private final Planner planner;
  private final WriteCall call;
  private final Workbench bench;
  private final Runnable afterCommit;

  /**
   * What the writes of a conversation turned out to need under its lock: the consents of those in
   * it. The next one takes them at once, in place of doing everything twice; too many do no harm.
   */
  private final Cache<Long, Locks> learned = Caffeine.newBuilder().maximumSize(20_000).build();

  ResourceWriter(
      Database database,
      ResourceTypes types,
      SearchIndexer indexer,
      ConditionalMatch matches,
      List<Rule> rules,
      FhirContext fhir,
      Visibility visibility,
      Redaction redaction,
      Clock clock,
      Trail trail,
      Runnable afterCommit) {
    this.database = database;
    this.rules = rules;
    this.clock = clock;
    this.planner = new Planner(database, indexer, matches, rules, new NewId(clock));
    this.call = new WriteCall(types, trail.rows());
    this.bench =
        new Workbench(
            types, indexer, matches, rules, fhir, visibility, redaction, planner, call, trail);
    this.afterCommit = afterCommit;
  }

  String newId() {
    return planner.newId();
  }

  /** Writes all steps or none; the answers are in the order of the steps. */
  List<Written> write(Caller caller, Origin origin, List<Step> steps) {
    // Keys that turned out to be needed only under the locks: the next attempt takes them at once.
    Locks late = new Locks();
    Done done;
    try {
      done = Retry.whole(() -> attempt(caller, origin, steps, late));
    } catch (Refused refused) {
      throw remains(refused, origin);
    }
    afterCommit.run();
    rules.forEach(rule -> rule.afterCommit(done.changes()));
    return done.written();
  }

  /** What was written, and, if rules were called for it in a transaction, as they saw it. */
  private record Done(List<Written> written, List<Change> changes) {}

  /** Writes what the refusing rule wants kept; the refusal is only answered when that is safe. */
  private Refusal remains(Refused refused, Origin origin) {
    Rule.Remains remains = refused.remains(rules);
    if (!remains.steps().isEmpty()) {
      try {
        write(Caller.SYSTEM, origin, remains.steps());
      } catch (RuntimeException e) {
        throw Outage.of(e).isPresent() || e instanceof Refusal
            ? Refusal.unavailable(
                "refusal-not-recorded", "The request was refused, and that cannot be kept now", 5)
            : e;
      }
    }
    return remains.refusal();
  }

  private Done attempt(Caller caller, Origin origin, List<Step> steps, Locks late) {
    List<Planned> plan = new ArrayList<>();
    Locks locks = new Locks();
    locks.all(late);
    List<Integer> asked = new ArrayList<>();
    for (Step step : steps) {
      plan.addAll(plan(caller, step, locks));
      asked.add(plan.size() - 1);
    }
    Planned first = plan.get(0);
    Long thread = plan.size() == 1 ? first.thread() : null;
    if (plan.size() == 1
        && first.plainCreate()
        && !locks.anyShared()
        && rules.stream().noneMatch(r -> r.needsTransaction(first.change()))) {
      return new Done(List.of(createAtOnce(caller, origin, first, locks)), List.of());
    }
    Locks known = thread == null ? null : learned.getIfPresent(thread);
    if (known != null) {
      locks.all(known);
    }
    Done done =
        database.write(
            session ->
                session.doReturningWork(
                    connection -> {
                      Instant now = call.lock(connection, locks, clock.instant());
                      UnitOfWork work =
                          new UnitOfWork(
                              bench,
                              session,
                              connection,
                              caller,
                              origin,
                              new Held(connection, locks, late),
                              now);
                      List<Written> written = work.carryOut(plan);
                      return new Done(asked.stream().map(written::get).toList(), work.changes());
                    }));
    if (thread != null && !late.isEmpty()) {
      learned.put(thread, late.shared(known));
    }
    return done;
  }

  /** The step, or what rules have written in its place; the last one is the one that was asked. */
  private List<Planned> plan(Caller caller, Step step, Locks locks) {
    Planned planned = planner.plan(caller, step, locks);
    if (planned.meets()) {
      return List.of(planned);
    }
    List<Step> steps = List.of(planned.named());
    for (Rule rule : rules) {
      List<Step> more = new ArrayList<>(steps.subList(0, steps.size() - 1));
      more.addAll(rule.instead(caller, steps.get(steps.size() - 1)));
      steps = more;
    }
    if (steps.size() == 1 && steps.get(0) == planned.named()) {
      return List.of(planned);
    }
    List<Planned> all = steps.stream().map(each -> planner.plan(caller, each, locks)).toList();
    Planned last = all.get(all.size() - 1);
    return last.meets() ? List.of(last) : all;
  }

  private Written createAtOnce(Caller caller, Origin origin, Planned planned, Locks locks) {
    Step step = planned.step();
    Sight sight = new Sight(bench.visibility(), caller);
    try (Connection connection = database.connection()) {
      Set<String> required = sight.required(planned.values());
      sight.check(connection, required, Set.of());
      bench.ask(planned.change(), List.of(planned), Transaction.NONE);
      StoredResource stored =
          call.write(
              connection,
              locks.keys(),
              0,
              List.copyOf(required),
              new NewVersion(
                  Change.Kind.CREATE,
                  step.type(),
                  step.id(),
                  planned.values(),
                  bench.visibility().audience(caller, step.draft().resource(), planned.values()),
                  step.draft().text()),
              bench.trace(caller, origin, step, null, step.draft().text()),
              clock.instant());
      return new Written(stored, Written.Result.CREATED).telling(step.draft().resource());
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }
}
