// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.db.Outage;
import dev.parley.store.Visibility.Access;
import dev.parley.store.WriteCall.NewVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
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
  private final Redaction redaction;
  private final Clock clock;
  private final Planner planner;
  private final WriteCall call;
  private final Trail trail;
  private final Runnable afterCommit;

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
    this.visibility = visibility;
    this.redaction = redaction;
    this.types = types;
    this.indexer = indexer;
    this.matches = matches;
    this.rules = rules;
    this.fhir = fhir;
    this.clock = clock;
    this.planner = new Planner(database, indexer, matches, rules, new NewId(clock));
    this.call = new WriteCall(types, trail.rows());
    this.trail = trail;
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
    Rule.Remains remains = refused.remains();
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
    for (Step step : steps) {
      plan.add(planner.plan(caller, step, locks));
    }
    Planned first = plan.get(0);
    if (plan.size() == 1
        && first.plainCreate()
        && !locks.anyShared()
        && rules.stream().noneMatch(r -> r.needsTransaction(first.change()))) {
      return new Done(List.of(createAtOnce(caller, origin, first, locks)), List.of());
    }
    return database.write(
        session ->
            session.doReturningWork(
                connection -> {
                  Instant now = call.lock(connection, locks, clock.instant());
                  UnitOfWork work =
                      new UnitOfWork(
                          session,
                          connection,
                          caller,
                          origin,
                          new Held(connection, locks, late),
                          now);
                  return new Done(work.carryOut(plan), work.changes);
                }));
  }

  private void ask(Change change, List<Planned> all, Transaction transaction) throws SQLException {
    for (Rule rule : rules) {
      try {
        rule.beforeWrite(change, transaction);
      } catch (Refusal refusal) {
        throw new Refused(rule, refusal, all.stream().map(Planned::change).toList());
      }
    }
  }

  private Written createAtOnce(Caller caller, Origin origin, Planned planned, Locks locks) {
    Step step = planned.step();
    Sight sight = new Sight(visibility, caller);
    try (Connection connection = database.connection()) {
      Set<String> required = sight.required(planned.values());
      sight.check(connection, required, Set.of());
      ask(planned.change(), List.of(planned), Transaction.NONE);
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
                  visibility.audience(caller, step.draft().resource(), planned.values()),
                  step.draft().text()),
              trace(caller, origin, step, null, step.draft().text()),
              clock.instant());
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

  /** Whom a write concerns: those of the version before, and of the new one. */
  private Trace trace(Caller caller, Origin origin, Step step, StoredResource before, String text) {
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

  /** The steps of one transaction, everything planned being locked. */
  private final class UnitOfWork {
    private final StatelessSession session;
    private final Connection connection;
    private final Caller caller;
    private final Origin origin;
    private final Held locks;
    private final Instant now;
    private final Sight sight;
    private final Set<String> required = new HashSet<>();
    // Those that the writer brings in; what was there before is not theirs to see.
    private final Set<String> named = new HashSet<>();
    private final Set<Long> made = new HashSet<>();
    private final List<Change> changes = new ArrayList<>();
    private List<Planned> all = List.of();

    UnitOfWork(
        StatelessSession session,
        Connection connection,
        Caller caller,
        Origin origin,
        Held locks,
        Instant now) {
      this.session = session;
      this.connection = connection;
      this.caller = caller;
      this.origin = origin;
      this.locks = locks;
      this.now = now;
      this.sight = new Sight(visibility, caller);
    }

    /** In the order of the steps, which is that of the events: a header before its messages. */
    List<Written> carryOut(List<Planned> plan) throws SQLException {
      all = plan;
      plan.forEach(this::stillHolds);
      plan.stream()
          .filter(Planned::fresh)
          .forEach(p -> made.add(Keys.self(p.step().type(), p.step().id())));
      Written[] written = new Written[plan.size()];
      List<Integer> creates = new ArrayList<>();
      for (int i = 0; i < written.length; i++) {
        if (plan.get(i).fresh()) {
          creates.add(i);
        } else {
          create(caller, plan, creates, written);
          creates.clear();
          written[i] = carryOut(plan.get(i));
        }
      }
      create(caller, plan, creates, written);
      if (!required.isEmpty()) {
        sight.check(connection, named, made);
        call.require(connection, required);
      }
      askOfAll();
      add();
      return Arrays.asList(written);
    }

    /** All creates in a row with ids of ours at once: loading is bound by this. */
    private void create(Caller by, List<Planned> plan, List<Integer> creates, Written[] written)
        throws SQLException {
      if (creates.isEmpty()) {
        return;
      }
      List<NewVersion> versions = new ArrayList<>();
      List<Trace> traces = new ArrayList<>();
      for (int i : creates) {
        Planned planned = plan.get(i);
        if (by == caller) {
          look(planned.values(), Set.of());
        }
        ask(planned.change(), all, locks);
        Draft draft = completed(planned.change(), planned.step().draft());
        IndexValues values =
            draft == planned.step().draft()
                ? planned.values()
                : indexer.index(draft.resource(), planned.step().id());
        if (by == caller) {
          required.addAll(sight.required(values));
          named.addAll(sight.required(values));
        }
        NewVersion version =
            new NewVersion(
                Change.Kind.CREATE,
                planned.step().type(),
                planned.step().id(),
                values,
                visibility.audience(by, draft.resource(), values),
                draft.text());
        made.add(version.self());
        versions.add(version);
        traces.add(
            trace(by, origin, planned.step(), null, draft.text())
                .on(version.type(), version.id(), 1));
      }
      List<StoredResource> stored = call.create(connection, versions, now);
      trail.write(connection, traces);
      for (int i = 0; i < creates.size(); i++) {
        written[creates.get(i)] = new Written(stored.get(i), Written.Result.CREATED);
        Change change = plan.get(creates.get(i)).change();
        written(change);
      }
    }

    private void written(Change change) throws SQLException {
      changes.add(change);
      for (Rule rule : rules) {
        rule.afterWrite(change, connection);
      }
    }

    private void askOfAll() throws SQLException {
      for (Rule rule : rules) {
        try {
          rule.beforeCommit(changes, locks);
        } catch (Refusal refusal) {
          throw new Refused(rule, refusal, changes);
        }
      }
    }

    /** What rules create besides what was asked for. */
    private void add() throws SQLException {
      List<Change> asked = List.copyOf(changes);
      List<Planned> besides = new ArrayList<>();
      for (Rule rule : rules) {
        for (Draft draft : rule.adds(asked, connection)) {
          Locks needed = new Locks();
          besides.add(planner.plan(Caller.SYSTEM, Step.create(draft, null), needed));
          locks.need(needed);
        }
      }
      if (!besides.isEmpty()) {
        List<Integer> creates = IntStream.range(0, besides.size()).boxed().toList();
        create(Caller.SYSTEM, besides, creates, new Written[besides.size()]);
      }
    }

    /** Asked as at first: a condition that finds something by now is no mismatch of ids. */
    private void stillHolds(Planned planned) {
      if (planned.found() != null
          && !planned.found().equals(Planned.ids(matches.find(session, caller, planned.asked())))) {
        throw new Replan();
      }
    }

    private Written carryOut(Planned planned) throws SQLException {
      Step step = planned.step();
      StoredResource current = current(step);
      boolean exists = current != null && !current.deleted();
      if (step.kind() == Change.Kind.CREATE && exists) {
        trail.write(connection, List.of(met(step, current)));
        return new Written(current, Written.Result.EXISTED);
      }
      if (!caller.isSystem()
          && !exists
          && step.kind() != Change.Kind.CREATE
          && planned.asked().id() != null) {
        // The same answer as for what they may not see: ids are given by the server.
        throw Refusal.notFound(step.type() + "/" + step.id());
      }
      check(step, current, exists);
      if (step.kind() == Change.Kind.DELETE && !exists) {
        return new Written(current, Written.Result.EXISTED);
      }
      if (step.kind() == Change.Kind.UPDATE
          && exists
          && redaction.concerns(caller, step.type())
          && redaction.withholds(connection, caller, current)) {
        // Written from what was left to read: the text that is stored stays, unread and unreceived.
        trail.write(connection, List.of(met(step, current)));
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
              draft == null ? null : draft.resource(),
              step.put());
      if (kind == Change.Kind.CREATE) {
        made.add(Keys.self(step.type(), step.id()));
      }
      Set<String> there = caller.isSystem() ? Set.of() : namedBefore(change);
      IndexValues asked = values(planned, draft);
      look(asked, there);
      ask(change, all, locks);
      Draft given = draft;
      draft = draft == null ? null : completed(change, draft);
      IndexValues values = draft == given ? asked : indexer.index(draft.resource(), step.id());
      required.addAll(sight.required(values));
      sight.required(values).stream().filter(r -> !there.contains(r)).forEach(named::add);
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
                  draft == null ? null : audience(step, draft, values, exists),
                  draft == null ? null : draft.text()),
              trace(caller, origin, step, current, draft == null ? null : draft.text()),
              now);
      written(change);
      return new Written(
          stored, kind == Change.Kind.CREATE ? Written.Result.CREATED : Written.Result.CHANGED);
    }

    /** The server reports on what somebody made for themselves: theirs it stays. */
    private long[] audience(Step step, Draft draft, IndexValues values, boolean exists)
        throws SQLException {
      long[] audience = visibility.audience(caller, draft.resource(), values);
      return exists && caller.equals(Caller.SYSTEM) && audience != null && audience.length == 0
          ? call.audience(connection, Keys.self(step.type(), step.id()))
          : audience;
    }

    /** A conditional create that met one has shown it to the caller. */
    private Trace met(Step step, StoredResource one) {
      return Trace.of(caller, origin, Trace.Action.READ)
          .on(one.type(), one.id(), one.version())
          .asking(step.criteria())
          .about(trail.patients().of(one));
    }

    /** What the version before refers to: whoever writes the next one has not brought it in. */
    private Set<String> namedBefore(Change change) {
      return change.before() == null
          ? Set.of()
          : sight.required(indexer.index(change.before(), change.id()));
    }

    /** Before any rule says a word about them: what cannot be seen is not known. */
    private void look(IndexValues values, Set<String> there) throws SQLException {
      Set<String> brought = sight.required(values);
      brought.removeAll(there);
      sight.check(connection, brought, made);
    }

    private StoredResource current(Step step) throws SQLException {
      long self = Keys.self(step.type(), step.id());
      ResourceRow row = session.get(ResourceRow.class, self);
      if (row == null) {
        return null;
      }
      locks.need(row.thread);
      Access access =
          switch (step.kind()) {
            // What its condition finds is shown, not changed.
            case CREATE -> Access.SEARCH;
            case UPDATE -> Access.UPDATE;
            case DELETE -> Access.DELETE;
          };
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
  private record Held(Connection connection, Locks held, Locks late) implements Transaction {
    void need(Long key) {
      if (key != null) {
        exclusive(key);
      }
    }

    void need(Locks needed) {
      for (int i = 0; i < needed.keys().length; i++) {
        if (!held.holds(needed.keys()[i], needed.modes()[i])) {
          late.all(needed);
          throw new Replan();
        }
      }
    }

    @Override
    public void shared(long key) {
      Locks one = new Locks();
      one.shared(key);
      need(one);
    }

    @Override
    public void exclusive(long key) {
      Locks one = new Locks();
      one.exclusive(key);
      need(one);
    }
  }

  /** A rule's refusal on its way out of the transaction. */
  private static final class Refused extends RuntimeException {
    private final transient Rule rule;
    private final transient List<Change> all;

    Refused(Rule rule, Refusal refusal, List<Change> all) {
      super(null, refusal, false, false);
      this.rule = rule;
      this.all = all;
    }

    Rule.Remains remains() {
      return rule.afterRefusal((Refusal) getCause(), all);
    }
  }
}
