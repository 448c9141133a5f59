// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.store.Visibility.Access;
import dev.parley.store.WriteCall.NewVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.hibernate.StatelessSession;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;

/**
 * Every write: plan, lock, rules, one transaction. A plain create that no rule has to read for is a
 * single statement. See "The path of a message" in docs/architecture.md.
 */
final class ResourceWriter {
  private final Database database;
  private final ResourceTypes types;
  private final SearchIndexer indexer;
  private final ConditionalMatch matches;
  private final List<Rule> rules;
  private final FhirContext fhir;
  private final Visibility visibility;
  private final Clock clock;
  private final Planner planner;
  private final WriteCall call;
  private final Runnable afterCommit;

  ResourceWriter(
      Database database,
      ResourceTypes types,
      SearchIndexer indexer,
      ConditionalMatch matches,
      List<Rule> rules,
      FhirContext fhir,
      Visibility visibility,
      Clock clock,
      Runnable afterCommit) {
    this.database = database;
    this.visibility = visibility;
    this.types = types;
    this.indexer = indexer;
    this.matches = matches;
    this.rules = rules;
    this.fhir = fhir;
    this.clock = clock;
    this.planner = new Planner(database, indexer, matches, rules, new NewId(clock));
    this.call = new WriteCall(types);
    this.afterCommit = afterCommit;
  }

  String newId() {
    return planner.newId();
  }

  /** Writes all steps or none; the answers are in the order of the steps. */
  List<Written> write(Caller caller, List<Step> steps) {
    // Keys that turned out to be needed only under the locks: the next attempt takes them at once.
    Set<Long> late = new HashSet<>();
    List<Written> written = Retry.whole(() -> attempt(caller, steps, late));
    afterCommit.run();
    return written;
  }

  private List<Written> attempt(Caller caller, List<Step> steps, Set<Long> late) {
    List<Planned> plan = new ArrayList<>();
    TreeSet<Long> locks = new TreeSet<>(late);
    for (Step step : steps) {
      plan.add(planner.plan(caller, step, locks));
    }
    Planned first = plan.get(0);
    if (plan.size() == 1
        && first.plainCreate()
        && rules.stream().noneMatch(r -> r.needsTransaction(first.change()))) {
      return List.of(createAtOnce(caller, first, locks));
    }
    return database.write(
        session ->
            session.doReturningWork(
                connection -> {
                  lock(connection, locks);
                  return new UnitOfWork(session, connection, caller, new Locks(locks, late))
                      .carryOut(plan);
                }));
  }

  private Written createAtOnce(Caller caller, Planned planned, TreeSet<Long> locks) {
    Step step = planned.step();
    rules.forEach(rule -> rule.beforeWrite(planned.change()));
    Sight sight = new Sight(visibility, caller);
    try (Connection connection = database.connection()) {
      Set<String> required = sight.required(planned.values());
      sight.check(connection, required, Set.of());
      StoredResource stored =
          call.write(
              connection,
              locks.stream().mapToLong(Long::longValue).toArray(),
              0,
              List.copyOf(required),
              new NewVersion(
                  Change.Kind.CREATE,
                  step.type(),
                  step.id(),
                  planned.values(),
                  visibility.audience(caller, step.draft().resource(), planned.values()),
                  step.draft().text()),
              now());
      return new Written(stored, Written.Result.CREATED);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private static void check(Step step, StoredResource current, boolean exists) {
    String what = step.type() + "/" + step.id();
    if (step.ifNoneMatch() && exists) {
      throw Refusal.precondition("exists", what + " exists already");
    }
    if (step.ifMatch() != null
        && (current == null || !Objects.equals(step.ifMatch(), current.version()))) {
      throw Refusal.precondition(
          "version-conflict",
          current == null
              ? what + " does not exist"
              : "%s is at version %d now; read it again and repeat the change"
                  .formatted(what, current.version()));
    }
    if (step.patch() != null && !exists) {
      throw current == null ? Refusal.notFound(what) : Refusal.gone(what);
    }
  }

  /** What a rule has changed in the resource has to be in the text as well. */
  private Draft completed(Change change, Draft draft) {
    return rules.stream().anyMatch(rule -> rule.completes(change))
        ? Draft.of(draft.resource(), fhir)
        : draft;
  }

  private Resource parse(StoredResource stored) {
    return rules.isEmpty() ? null : (Resource) fhir.newJsonParser().parseResource(stored.json());
  }

  private static void lock(Connection connection, TreeSet<Long> locks) throws SQLException {
    // Ordered by the query: everyone takes them in the same order, so two bundles cannot deadlock.
    String sql =
        "select pg_advisory_xact_lock(k) from (select k from unnest(?::bigint[]) k order by k) s";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, locks.stream().mapToLong(Long::longValue).toArray());
      statement.execute();
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /** The steps of one transaction, everything planned being locked. */
  private final class UnitOfWork {
    private final StatelessSession session;
    private final Connection connection;
    private final Caller caller;
    private final Locks locks;
    private final Instant now = now();
    private final Sight sight;
    private final Set<String> required = new HashSet<>();
    private final Set<Long> made = new HashSet<>();

    UnitOfWork(StatelessSession session, Connection connection, Caller caller, Locks locks) {
      this.session = session;
      this.connection = connection;
      this.caller = caller;
      this.locks = locks;
      this.sight = new Sight(visibility, caller);
    }

    List<Written> carryOut(List<Planned> plan) throws SQLException {
      Written[] written = new Written[plan.size()];
      List<Integer> creates = new ArrayList<>();
      for (int i = 0; i < written.length; i++) {
        if (plan.get(i).fresh()) {
          stillNone(plan.get(i));
          creates.add(i);
        } else {
          written[i] = carryOut(plan.get(i));
        }
      }
      create(plan, creates, written);
      if (!required.isEmpty()) {
        call.require(connection, required);
        sight.check(connection, required, made);
      }
      return Arrays.asList(written);
    }

    /** All creates with ids of ours at once: loading is bound by this. */
    private void create(List<Planned> plan, List<Integer> creates, Written[] written)
        throws SQLException {
      List<NewVersion> versions = new ArrayList<>();
      for (int i : creates) {
        Planned planned = plan.get(i);
        rules.forEach(rule -> rule.beforeWrite(planned.change()));
        Draft draft = completed(planned.change(), planned.step().draft());
        IndexValues values =
            draft == planned.step().draft()
                ? planned.values()
                : indexer.index(draft.resource(), planned.step().id());
        required.addAll(sight.required(values));
        NewVersion version =
            new NewVersion(
                Change.Kind.CREATE,
                planned.step().type(),
                planned.step().id(),
                values,
                visibility.audience(caller, draft.resource(), values),
                draft.text());
        made.add(version.self());
        versions.add(version);
      }
      List<StoredResource> stored = call.create(connection, versions, now);
      for (int i = 0; i < creates.size(); i++) {
        written[creates.get(i)] = new Written(stored.get(i), Written.Result.CREATED);
        Change change = plan.get(creates.get(i)).change();
        for (Rule rule : rules) {
          rule.afterWrite(change, connection);
        }
      }
    }

    private void stillNone(Planned planned) {
      if (planned.found() != null && !matches.find(session, caller, planned.step()).isEmpty()) {
        throw new Replan();
      }
    }

    private Written carryOut(Planned planned) throws SQLException {
      Step step = planned.step();
      if (planned.found() != null
          && !planned.found().equals(Planned.ids(matches.find(session, caller, step)))) {
        throw new Replan();
      }
      StoredResource current = current(step);
      boolean exists = current != null && !current.deleted();
      if (step.kind() == Change.Kind.CREATE && exists) {
        return new Written(current, Written.Result.EXISTED);
      }
      check(step, current, exists);
      if (step.kind() == Change.Kind.DELETE && !exists) {
        return new Written(current, Written.Result.EXISTED);
      }
      Draft draft = step.patch() == null ? step.draft() : step.patch().apply(current);
      if (step.patch() != null) {
        draft.resource().setId(new IdType(step.type(), step.id()));
      }
      Change.Kind kind =
          step.kind() == Change.Kind.UPDATE && !exists ? Change.Kind.CREATE : step.kind();
      Change change =
          new Change(
              caller,
              kind,
              step.type(),
              step.id(),
              exists ? parse(current) : null,
              draft == null ? null : draft.resource());
      rules.forEach(rule -> rule.beforeWrite(change));
      Draft given = draft;
      draft = draft == null ? null : completed(change, draft);
      IndexValues values =
          draft == given ? values(planned, draft) : indexer.index(draft.resource(), step.id());
      required.addAll(sight.required(values));
      if (kind == Change.Kind.CREATE) {
        made.add(Keys.self(step.type(), step.id()));
      }
      StoredResource stored =
          call.write(
              connection,
              new long[0],
              current == null ? 0 : Integer.valueOf(current.version()),
              List.of(),
              new NewVersion(
                  kind,
                  step.type(),
                  step.id(),
                  values,
                  draft == null ? null : visibility.audience(caller, draft.resource(), values),
                  draft == null ? null : draft.text()),
              now);
      for (Rule rule : rules) {
        rule.afterWrite(change, connection);
      }
      return new Written(
          stored, kind == Change.Kind.CREATE ? Written.Result.CREATED : Written.Result.CHANGED);
    }

    private StoredResource current(Step step) throws SQLException {
      long self = Keys.self(step.type(), step.id());
      ResourceRow row = session.get(ResourceRow.class, self);
      if (row == null) {
        return null;
      }
      locks.need(row.thread);
      Access access = step.kind() == Change.Kind.DELETE ? Access.DELETE : Access.UPDATE;
      if (!sight.sees(connection, access, step.type(), self)) {
        throw Refusal.notFound(step.type() + "/" + step.id());
      }
      return row.stored(types);
    }

    private IndexValues values(Planned planned, Draft draft) {
      if (draft == null) {
        return IndexValues.NONE;
      }
      IndexValues values =
          planned.values() != null
              ? planned.values()
              : indexer.index(draft.resource(), planned.step().id());
      locks.need(values.thread());
      return values;
    }
  }

  /** What this attempt holds, and what the next one has to hold from the beginning. */
  private record Locks(Set<Long> held, Set<Long> late) {
    void need(Long key) {
      if (key != null && !held.contains(key)) {
        late.add(key);
        throw new Replan();
      }
    }
  }
}
