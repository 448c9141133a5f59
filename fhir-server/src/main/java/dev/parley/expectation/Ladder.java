// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.duty.Duty;
import dev.parley.feature.Tools;
import dev.parley.store.Draft;
import dev.parley.store.Lookup;
import dev.parley.store.Moments;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * Climbs the ladder of work that is late, a rung at a time. The rung is counted on the work in the
 * same transaction that tells somebody, under the lock of the work: whoever comes second, another
 * node or the same after a crash, finds it counted.
 */
final class Ladder {
  private final Tools tools;
  private final Pools pools;
  private final Ladders ladders;
  private final Duty duty;
  private final AnswerTasks tasks;

  Ladder(Tools tools, Pools pools, Ladders ladders, Duty duty, AnswerTasks tasks) {
    this.tools = tools;
    this.pools = pools;
    this.ladders = ladders;
    this.duty = duty;
    this.tasks = tasks;
  }

  /** Somebody else was here first: nothing of this attempt is kept. */
  private static final class Overtaken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Overtaken() {
      super("climbed already", null, false, false);
    }
  }

  /** What the agenda does when an answer is late; does nothing if it has been done. */
  void climb(String id) {
    tools.database().run(connection -> climb(id, connection));
  }

  private void climb(String id, Connection connection) throws SQLException {
    String reference = "Task/" + id;
    Optional<StoredResource> stored = Lookup.one(connection, reference);
    if (stored.isEmpty()) {
      return;
    }
    Work work = new Work(tools.chart().parse(stored.get(), Task.class));
    if (isLate(work)) {
      write(stored.get(), work, connection);
    }
  }

  private boolean isLate(Work work) {
    return work.isOpen() && work.next() != null && !work.next().isAfter(tools.clock().instant());
  }

  private void write(StoredResource stored, Work work, Connection connection) throws SQLException {
    Instant now = tools.clock().instant();
    String service = work.pool();
    List<Ladders.Rung> rungs =
        ladders.of(service == null ? null : pools.service(service, connection).orElse(null));
    int step = work.step();
    List<Step> steps = new ArrayList<>();
    Instant next = next(rungs, step, now);
    steps.add(
        tasks.patch(
            stored,
            current -> {
              if (current.step() != step || !isLate(current)) {
                throw new Overtaken();
              }
              current.set(Work.ESCALATED);
              current.escalation(step + 1, next);
            }));
    List<StoredResource> parts =
        Lookup.referring(connection, "Task", "part-of", List.of(stored.reference()));
    Set<String> asked = new HashSet<>();
    for (StoredResource each : parts) {
      Work part = new Work(tools.chart().parse(each, Task.class));
      tools.chart().local(part.task().getOwner()).ifPresent(asked::add);
      if (part.is(Work.OVERDUE) && part.isOpen()) {
        steps.add(
            tasks.patch(
                each,
                current -> {
                  if (current.isOpen()) {
                    current.end(TaskStatus.FAILED, Work.reason("timeout"));
                  }
                }));
      }
    }
    if (step < rungs.size()) {
      String owner = owner(rungs.get(step), work, asked, now, connection);
      Task rung = AnswerTasks.part(Work.OVERDUE, work, stored.reference(), owner, now);
      rung.setDescription("An answer is late: accept to take it over, or decline");
      if (next != null) {
        rung.getRestriction().getPeriod().setEndElement(Moments.utc(next));
      }
      steps.add(Step.create(Draft.of(rung, tools.fhir()), null));
    }
    try {
      tools.own().write(steps);
    } catch (Overtaken e) {
      return;
    }
  }

  /** Each rung has its own time, also when the one before was declined early. */
  private static Instant next(List<Ladders.Rung> rungs, int step, Instant now) {
    if (step + 1 >= rungs.size()) {
      return null;
    }
    return now.plus(rungs.get(step + 1).after().minus(rungs.get(step).after()));
  }

  /** Whom the rung names, if somebody of them is there; else the pool: it is never silent. */
  private String owner(
      Ladders.Rung rung, Work work, Set<String> asked, Instant now, Connection connection)
      throws SQLException {
    String has = tools.chart().local(work.task().getOwner()).orElse(work.pool());
    if (rung.to().equals("owner")) {
      return has;
    }
    if (rung.to().indexOf('/') > 0) {
      return rung.to();
    }
    List<String> people =
        work.pool() == null ? List.of() : duty.holders(connection, work.pool(), rung.to(), now);
    return people.stream()
        .filter(p -> !asked.contains(p) && !p.equals(has))
        .findFirst()
        .orElse(people.stream().findFirst().orElse(work.pool() == null ? has : work.pool()));
  }
}
