// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.store.Visibility.Access;
import dev.parley.store.WriteCall.NewVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.hibernate.StatelessSession;
import org.hl7.fhir.r4.model.IdType;

/** The steps of one transaction, everything planned being locked. */
final class UnitOfWork {
  private final Workbench bench;
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
      Workbench bench,
      StatelessSession session,
      Connection connection,
      Caller caller,
      Origin origin,
      Held locks,
      Instant now) {
    this.bench = bench;
    this.session = session;
    this.connection = connection;
    this.caller = caller;
    this.origin = origin;
    this.locks = locks;
    this.now = now;
    this.sight = new Sight(bench.visibility(), caller);
  }

  /** What has been written, as the rules saw it. */
  List<Change> changes() {
    return changes;
  }

  /** In the order of the steps, which is that of the events: a header before its messages. */
  List<Written> carryOut(List<Planned> plan) throws SQLException {
    List<Written> written = write(plan);
    if (!required.isEmpty()) {
      sight.check(connection, named, made);
      bench.call().require(connection, required);
    }
    askOfAll();
    add();
    return written;
  }

  private List<Written> write(List<Planned> plan) throws SQLException {
    all = plan;
    plan.forEach(this::stillHolds);
    plan.stream()
        .filter(Planned::fresh)
        .forEach(p -> made.add(Keys.self(p.step().type(), p.step().id())));
    Written[] written = new Written[plan.size()];
    List<Integer> creates = new ArrayList<>();
    for (int i = 0; i < written.length; i++) {
      if (plan.get(i).fresh()) {
        if (followsOne(plan, creates, plan.get(i))) {
          create(plan, creates, written);
          creates.clear();
        }
        creates.add(i);
      } else {
        create(plan, creates, written);
        creates.clear();
        written[i] = named(plan.get(i));
      }
    }
    create(plan, creates, written);
    return Arrays.asList(written);
  }

  /** Rules read the thread of a message that is sent: it has to be written by then. */
  private static boolean followsOne(List<Planned> plan, List<Integer> creates, Planned message) {
    Long thread = message.values().thread();
    return thread != null
        && message.change().sends()
        && creates.stream()
            .map(i -> plan.get(i).step())
            .anyMatch(s -> Keys.self(s.type(), s.id()) == thread);
  }

  /** All creates in a row with ids of ours at once: loading is bound by this. */
  private void create(List<Planned> plan, List<Integer> creates, Written[] written)
      throws SQLException {
    if (creates.isEmpty()) {
      return;
    }
    List<NewVersion> versions = new ArrayList<>();
    List<Trace> traces = new ArrayList<>();
    for (int i : creates) {
      Planned planned = plan.get(i);
      try {
        look(planned.values(), Set.of());
      } catch (Refusal refusal) {
        throw refusal.about(planned.reference());
      }
      bench.ask(planned.change(), all, locks);
      Draft draft = bench.completed(planned.change(), planned.step().draft());
      IndexValues values =
          draft == planned.step().draft()
              ? planned.values()
              : bench.indexer().index(draft.resource(), planned.step().id());
      required.addAll(sight.required(values));
      named.addAll(sight.required(values));
      NewVersion version =
          new NewVersion(
              Change.Kind.CREATE,
              planned.step().type(),
              planned.step().id(),
              values,
              bench.visibility().audience(caller, draft.resource(), values),
              draft.text());
      made.add(version.self());
      versions.add(version);
      traces.add(
          bench
              .trace(caller, origin, planned.step(), null, draft.text())
              .on(version.type(), version.id(), 1));
    }
    List<StoredResource> stored = bench.call().create(connection, versions, now);
    bench.trail().write(connection, traces);
    for (int i = 0; i < creates.size(); i++) {
      Change change = plan.get(creates.get(i)).change();
      written(change);
      written[creates.get(i)] =
          new Written(stored.get(i), Written.Result.CREATED).telling(change.after());
    }
  }

  private void written(Change change) throws SQLException {
    changes.add(change);
    for (Rule rule : bench.rules()) {
      rule.afterWrite(change, connection);
    }
  }

  private void askOfAll() throws SQLException {
    for (Rule rule : bench.rules()) {
      try {
        rule.beforeCommit(changes, locks);
      } catch (Refusal refusal) {
        throw new Refused(rule, refusal, changes);
      }
    }
  }

  /** What rules create and change besides what was asked for, by the server's own hand. */
  private void add() throws SQLException {
    List<Change> asked = List.copyOf(changes);
    List<Step> steps = new ArrayList<>();
    for (Rule rule : bench.rules()) {
      rule.adds(asked, connection).forEach(draft -> steps.add(Step.create(draft, null)));
      steps.addAll(rule.follows(asked, connection));
    }
    UnitOfWork own = new UnitOfWork(bench, session, connection, Caller.SYSTEM, origin, locks, now);
    own.write(besides(steps));
    List<Step> more = new ArrayList<>();
    for (Rule rule : bench.rules()) {
      more.addAll(rule.followsOwn(List.copyOf(own.changes), connection));
    }
    own.write(besides(more));
    changes.addAll(own.changes);
  }

  private static boolean finds(Planned planned, int many) {
    return planned.found() != null && planned.found().size() == many;
  }

  private List<Planned> besides(List<Step> steps) {
    List<Planned> besides = new ArrayList<>();
    Locks needed = new Locks();
    for (Step step : steps) {
      besides.add(bench.planner().plan(session, Caller.SYSTEM, step, needed));
    }
    locks.need(needed);
    return besides;
  }

  /** Asked as at first: a condition that finds something by now is no mismatch of ids. */
  private void stillHolds(Planned planned) {
    if (planned.found() != null
        && !planned
            .found()
            .equals(Planned.ids(bench.matches().find(session, caller, planned.asked())))) {
      throw new Replan(false);
    }
  }

  private Written named(Planned planned) throws SQLException {
    try {
      return carryOut(planned);
    } catch (Refusal refusal) {
      throw refusal.about(planned.reference());
    }
  }

  /** What a client has seen of it: a patch says nothing of the rest. */
  private StoredResource shown(StoredResource current) throws SQLException {
    return bench.redaction().redact(connection, caller, List.of(current)).get(0);
  }

  private Written carryOut(Planned planned) throws SQLException {
    Step step = planned.step();
    StoredResource current = current(step);
    boolean exists = current != null && !current.deleted();
    if (step.kind() == Change.Kind.CREATE && exists) {
      bench.trail().write(connection, List.of(met(step, current)));
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
    if (exists && step.put() && planned.asked().id() != null && finds(planned, 0)) {
      throw Refusal.conflict(
          "id-in-use",
          "The condition finds none, and %s is there already: leave the id out, or update it by its URL"
              .formatted(planned.reference()));
    }
    if (step.kind() == Change.Kind.DELETE && !exists) {
      return new Written(current, Written.Result.EXISTED);
    }
    boolean isLess =
        step.kind() == Change.Kind.UPDATE
            && exists
            && !step.isOurs()
            && bench.redaction().concerns(caller, step.type());
    if (isLess && bench.redaction().withholds(connection, caller, current)) {
      // Written from what was left to read: the text that is stored stays, unread and unreceived.
      bench.trail().write(connection, List.of(met(step, current)));
      return new Written(current, Written.Result.EXISTED);
    }
    Draft draft =
        step.patch() == null ? step.draft() : step.patch().apply(isLess ? shown(current) : current);
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
            exists ? bench.parse(current) : null,
            draft == null ? null : draft.resource(),
            step.put());
    if (kind == Change.Kind.CREATE) {
      made.add(Keys.self(step.type(), step.id()));
    }
    Set<String> there = caller.isSystem() ? Set.of() : namedBefore(change);
    IndexValues asked = values(planned, draft);
    look(asked, there);
    bench.ask(change, all, locks);
    Draft given = draft;
    draft = draft == null ? null : bench.completed(change, draft);
    if (draft != given
        && exists
        && step.type().equals("Communication")
        && kind == Change.Kind.UPDATE
        && draft.text().equals(current.text())) {
      // The rules have left nothing of it to store: a second receipt, say.
      bench.trail().write(connection, List.of(met(step, current)));
      return new Written(current, Written.Result.EXISTED);
    }
    IndexValues values =
        draft == given ? asked : bench.indexer().index(draft.resource(), step.id());
    required.addAll(sight.required(values));
    sight.required(values).stream().filter(r -> !there.contains(r)).forEach(named::add);
    StoredResource stored =
        bench
            .call()
            .write(
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
                bench.trace(caller, origin, step, current, draft == null ? null : draft.text()),
                now);
    written(change);
    Written.Result result =
        kind == Change.Kind.CREATE ? Written.Result.CREATED : Written.Result.CHANGED;
    return new Written(stored, result).telling(change.after());
  }

  /** The server reports on what somebody made for themselves: theirs it stays. */
  private long[] audience(Step step, Draft draft, IndexValues values, boolean exists)
      throws SQLException {
    long[] audience = bench.visibility().audience(caller, draft.resource(), values);
    return exists && caller.equals(Caller.SYSTEM) && audience != null && audience.length == 0
        ? bench.call().audience(connection, Keys.self(step.type(), step.id()))
        : audience;
  }

  /** A conditional create that met one has shown it to the caller. */
  private Trace met(Step step, StoredResource one) {
    return Trace.of(caller, origin, Trace.Action.READ)
        .on(one.type(), one.id(), one.version())
        .asking(step.criteria())
        .about(bench.trail().patients().of(one));
  }

  /** What the version before refers to: whoever writes the next one has not brought it in. */
  private Set<String> namedBefore(Change change) {
    return change.before() == null
        ? Set.of()
        : sight.required(bench.indexer().index(change.before(), change.id()));
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
    locks.need(conversation(step, row.thread));
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
    return row.stored(bench.types());
  }

  private IndexValues values(Planned planned, Draft draft) {
    if (draft == null) {
      return IndexValues.NONE;
    }
    IndexValues values =
        planned.values() != null
            ? planned.values()
            : bench.indexer().index(draft.resource(), planned.step().id());
    Long thread = conversation(planned.step(), values.thread());
    if (thread == null || !made.contains(thread)) {
      // Nobody else knows of a thread that is made here.
      locks.need(thread);
    }
    return values;
  }

  /** Messages have an order in their thread; what else is a part of something has none. */
  private static Long conversation(Step step, Long thread) {
    return step.type().equals("Communication") ? thread : null;
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
}
