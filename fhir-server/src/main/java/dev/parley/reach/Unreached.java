// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.db.Rows;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.OwnTask;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * Looks at a stat message, for each of its recipients: nothing is remembered but what stands in its
 * Tasks, so it may be done twice, by two nodes, or again after a crash. The sender's Task of a
 * recipient is made once, under an identifier; each further step is counted on it under its lock.
 */
final class Unreached {
  static final String KIND = "unreached";
  private static final String DELIVERED =
      """
      select exists (select from receipt c where c.message = ? and (c.person = ? or c.via = ?)
        and (c.delivered is not null or c.read is not null))\
      """;

  private static final String AUTHOR =
      """
      select t.name || '/' || r.id from thread_message m join resource r on r.self = m.sender
      join resource_type t on t.code = r.type where m.self = ?\
      """;

  private final Tools tools;
  private final NextRung ladder;
  private final Duration deliveredWithin;
  private final Duration acknowledgedWithin;

  Unreached(Tools tools, NextRung ladder, Duration deliveredWithin, Duration acknowledgedWithin) {
    this.tools = tools;
    this.ladder = ladder;
    this.deliveredWithin = deliveredWithin;
    this.acknowledgedWithin = acknowledgedWithin;
  }

  /** Somebody else was here first: nothing of this attempt is kept. */
  private static final class Overtaken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Overtaken() {
      super("stepped already", null, false, false);
    }
  }

  /**
   * A message with its Tasks.
   *
   * @param reference "Communication/x"
   * @param sender who wrote it: a person, even if it was sent as a role
   */
  record Sent(String reference, String sender, Communication message, List<Task> tasks) {
    Instant at() {
      return message.getSent().toInstant();
    }

    List<Task> tasks(String code) {
      return tasks.stream().filter(t -> Tasks.is(t, code)).toList();
    }
  }

  /** What the agenda does for a message; sees to it that it is done again if need be. */
  void look(String id) {
    tools.database().run(connection -> look(id, connection));
  }

  private void look(String id, Connection connection) throws SQLException {
    String reference = "Communication/" + id;
    Optional<Communication> found = tools.chart().find(connection, reference, Communication.class);
    if (found.isEmpty() || !found.get().hasSent()) {
      return;
    }
    List<Task> tasks = new ArrayList<>();
    for (StoredResource each : Lookup.referring(connection, "Task", "focus", List.of(reference))) {
      tasks.add((Task) tools.chart().parse(each, Task.class).setId(each.id()));
    }
    Sent sent = new Sent(reference, author(connection, found.get(), reference), found.get(), tasks);
    Instant next = null;
    for (Task asked : sent.tasks(Tasks.ACKNOWLEDGE)) {
      Instant its = look(connection, sent, asked);
      next = next == null || its != null && its.isBefore(next) ? its : next;
    }
    if (next != null) {
      tools.agenda().at(connection, KIND, id, next);
    }
  }

  private String author(Connection connection, Communication message, String reference)
      throws SQLException {
    return Rows.first(connection, AUTHOR, row -> row.getString(1), Keys.of(reference))
        .or(() -> tools.chart().local(message.getSender()))
        .orElse("");
  }

  /** When to look again for this recipient; null for never. */
  private Instant look(Connection connection, Sent sent, Task asked) throws SQLException {
    String recipient = tools.chart().local(asked.getOwner()).orElse("");
    Task alarm = alarm(sent, recipient);
    List<Task> standIns =
        sent.tasks(Tasks.STAND_IN).stream()
            .filter(
                t ->
                    Tasks.part(t, "instead-of", tools.chart())
                        .filter(recipient::equals)
                        .isPresent())
            .toList();
    if (!OwnTask.isOpen(asked) || isTaken(sent, standIns)) {
      end(sent, asked, alarm, standIns);
      return null;
    }
    Instant now = tools.clock().instant();
    Instant acknowledgedBy = sent.at().plus(acknowledgedWithin);
    if (alarm == null) {
      Instant deliveredBy = sent.at().plus(deliveredWithin);
      boolean delivered = isDelivered(connection, sent, recipient);
      if (now.isBefore(acknowledgedBy) && (delivered || now.isBefore(deliveredBy))) {
        return now.isBefore(deliveredBy) && deliveredBy.isBefore(acknowledgedBy)
            ? deliveredBy
            : acknowledgedBy;
      }
      return step(connection, new Late(sent, recipient, null, standIns, delivered, acknowledgedBy));
    }
    Instant due = Alarm.next(alarm);
    boolean declined =
        !standIns.isEmpty()
            && standIns.stream().allMatch(t -> t.getStatus() == TaskStatus.REJECTED);
    if (!OwnTask.isOpen(alarm) || due == null && !declined || Alarm.isNobodyLeft(alarm)) {
      return null;
    }
    if (!declined && due.isAfter(now)) {
      return due;
    }
    boolean delivered = isDelivered(connection, sent, recipient);
    return step(connection, new Late(sent, recipient, alarm, standIns, delivered, acknowledgedBy));
  }

  /**
   * A recipient who is not reached.
   *
   * @param alarm the sender's Task; null if they have not been told
   */
  record Late(
      Sent sent,
      String recipient,
      Task alarm,
      List<Task> standIns,
      boolean delivered,
      Instant acknowledgedBy) {
    int step() {
      return alarm == null ? 0 : Alarm.step(alarm);
    }
  }

  private Task alarm(Sent sent, String recipient) {
    return sent.tasks(Tasks.UNREACHED).stream()
        .filter(
            t -> Tasks.part(t, "recipient", tools.chart()).filter(recipient::equals).isPresent())
        .findFirst()
        .orElse(null);
  }

  /** Whether somebody who stands in has said so, or acknowledged the message themselves. */
  private boolean isTaken(Sent sent, List<Task> standIns) {
    return standIns.stream()
        .anyMatch(
            t ->
                t.getStatus() == TaskStatus.ACCEPTED
                    || t.getStatus() == TaskStatus.INPROGRESS
                    || t.getStatus() == TaskStatus.COMPLETED
                    || sent.tasks(Tasks.ACKNOWLEDGE).stream()
                        .anyMatch(
                            a ->
                                a.getStatus() == TaskStatus.COMPLETED
                                    && tools
                                        .chart()
                                        .local(a.getOwner())
                                        .equals(tools.chart().local(t.getOwner()))));
  }

  private boolean isDelivered(Connection connection, Sent sent, String recipient)
      throws SQLException {
    return Rows.one(
        connection,
        DELIVERED,
        row -> row.getBoolean(1),
        Keys.of(sent.reference()),
        Keys.of(recipient),
        Keys.of(recipient));
  }

  private Instant step(Connection connection, Late late) throws SQLException {
    Instant now = tools.clock().instant();
    NextRung.Rung rung = ladder.of(connection, late, now);
    boolean first = late.alarm() == null && now.isBefore(late.acknowledgedBy());
    Instant next =
        first ? late.acknowledgedBy() : rung.pause() == null ? null : now.plus(rung.pause());
    String reason =
        late.delivered() || !first && late.alarm() != null
            ? Alarm.UNACKNOWLEDGED
            : Alarm.UNDELIVERED;
    List<Step> steps = new ArrayList<>();
    if (late.alarm() == null) {
      Task alarm = Alarm.of(late, now);
      Alarm.tell(alarm, reason, rung, next);
      String search = "identifier=%s|%s".formatted(Alarm.IDENTIFIER, Alarm.key(late));
      steps.add(Step.create(Draft.of(alarm, tools.fhir()), search));
    } else {
      int step = late.step();
      steps.add(
          patch(
              late.alarm(),
              current -> {
                if (Alarm.step(current) != step || !OwnTask.isOpen(current)) {
                  throw new Overtaken();
                }
                Alarm.tell(current, reason, rung, next);
              }));
    }
    if (rung.who() != null) {
      steps.add(
          Step.create(
              Draft.of(Alarm.rung(late, rung, reason, now), tools.fhir()),
              "identifier=%s|%s/%d".formatted(Alarm.IDENTIFIER, Alarm.key(late), rung.step())));
      join(connection, late.sent(), rung.who()).ifPresent(steps::add);
    }
    try {
      tools.own().write(steps);
    } catch (Overtaken e) {
      return now;
    }
    return next;
  }

  /** Who is asked sees the conversation. */
  private Optional<Step> join(Connection connection, Sent sent, String who) throws SQLException {
    Optional<String> thread =
        sent.message().getPartOf().stream()
            .flatMap(r -> tools.chart().local(r).stream())
            .findFirst();
    if (thread.isEmpty()
        || tools.chart().find(connection, thread.get(), Communication.class).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Step.change(
            tools.fhir(),
            Communication.class,
            thread.get().substring("Communication/".length()),
            header -> {
              if (header.getRecipient().stream()
                  .noneMatch(r -> tools.chart().local(r).filter(who::equals).isPresent())) {
                header.addRecipient(new Reference(who));
              }
            }));
  }

  /** It is acknowledged, taken over or recalled. */
  private void end(Sent sent, Task asked, Task alarm, List<Task> standIns) {
    List<Step> steps = new ArrayList<>();
    boolean recalled = asked.getStatus() == TaskStatus.CANCELLED;
    if (alarm != null && OwnTask.isOpen(alarm)) {
      steps.add(
          patch(
              alarm,
              current -> {
                current.setStatus(recalled ? TaskStatus.CANCELLED : TaskStatus.COMPLETED);
                current.getExtension().removeIf(e -> Codes.NEXT_ESCALATION.equals(e.getUrl()));
                current.setStatusReason(
                    Codes.ours("work-reason", recalled ? "recalled" : "acknowledged"));
              }));
    }
    for (Task each : standIns) {
      if (each.getStatus() == TaskStatus.REQUESTED
          && each.getIdentifier().stream().anyMatch(i -> Alarm.IDENTIFIER.equals(i.getSystem()))) {
        steps.add(
            patch(
                each,
                current -> {
                  if (current.getStatus() == TaskStatus.REQUESTED) {
                    current.setStatus(TaskStatus.CANCELLED);
                  }
                }));
      }
    }
    if (!steps.isEmpty()) {
      tools.own().write(steps);
    }
  }

  private Step patch(Task task, Consumer<Task> change) {
    return Step.change(tools.fhir(), Task.class, task.getIdElement().getIdPart(), change);
  }
}
