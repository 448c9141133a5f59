// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Notice;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Moments;
import dev.parley.store.Rule;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.ParameterComponent;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskPriority;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * After a message that went to the wrong person, or was about the wrong patient: its sender is told
 * who came to know of it, and the privacy officer has a Task, in the same transaction.
 */
final class RecallRule implements Rule {
  private static final String HOW = Codes.SYSTEMS + "exposure";

  private final Chart chart;
  private final FhirContext fhir;
  private final Clock clock;

  RecallRule(Chart chart, FhirContext fhir, Clock clock) {
    this.chart = chart;
    this.fhir = fhir;
    this.clock = clock;
  }

  private static boolean concerns(Change change) {
    return !change.caller().isSystem()
        && change.before() instanceof Communication before
        && change.after() instanceof Communication after
        && Recalled.is(after)
        && !Recalled.is(before)
        && Recalled.code(after) != null
        && (Recalled.WRONG.contains(Recalled.code(after))
            || Recalled.MOVED.equals(Recalled.code(after)));
  }

  @Override
  public boolean needsTransaction(Change change) {
    return concerns(change);
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (concerns(change)) {
      exposed(change, connection)
          .forEach((who, ways) -> change.tell(Notice.warning("exposed", who + ": " + words(ways))));
    }
  }

  private Map<String, Map<String, Instant>> exposed(Change change, Connection connection)
      throws SQLException {
    Map<String, Communication> all = new LinkedHashMap<>();
    all.put(change.id(), (Communication) change.before());
    if (ForwardRule.isRecalled(change)) {
      all.putAll(Forwards.of(connection, chart, change.id()));
    }
    return Exposure.byPerson(Exposure.ofAll(connection, chart, all, change.caller().reference()));
  }

  private static String words(Map<String, Instant> ways) {
    return String.join(
        ", ", ways.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
  }

  @Override
  public List<Draft> adds(List<Change> changes, Connection connection) throws SQLException {
    List<Draft> tasks = new ArrayList<>();
    for (Change change : changes) {
      if (concerns(change)) {
        Task task = task(change, exposed(change, connection));
        moved(changes, task);
        if (ForwardRule.isRecalled(change)) {
          for (String copy : Forwards.of(connection, chart, change.id()).keySet()) {
            task.addInput(
                new ParameterComponent(
                    new CodeableConcept(new Coding(HOW, "forwarded-as", null)),
                    new Reference("Communication/" + copy)));
          }
        }
        tasks.add(Draft.of(task, fhir));
      }
    }
    return tasks;
  }

  /** Where it went, for who reviews it; those who see the tombstone are not told. */
  private static void moved(List<Change> changes, Task task) {
    for (Change each : changes) {
      if (each.after() instanceof Communication message
          && message.hasExtension(MoveOperation.MOVED_BY)
          && each.before() == null) {
        task.addInput(
            new ParameterComponent(
                new CodeableConcept(new Coding(HOW, "moved-to", null)),
                new Reference("Communication/" + each.id())));
      }
    }
  }

  private Task task(Change change, Map<String, Map<String, Instant>> exposed) {
    Communication message = (Communication) change.before();
    String reason = Recalled.code((Communication) change.after());
    Task task = new Task();
    task.setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER).setPriority(TaskPriority.ASAP);
    task.setCode(
        new CodeableConcept(
            new Coding(Codes.TASKS, "recalled", "Recalled message to be reviewed")));
    task.setReasonCode(Recalled.reason(reason));
    task.setFocus(new Reference("Communication/" + change.id()));
    if (message.hasSubject()) {
      task.setFor(message.getSubject().copy());
    }
    task.setRequester(new Reference(change.caller().reference()));
    task.addPerformerType(
        new CodeableConcept(new Coding(Codes.ROLES, "privacy-officer", "Privacy officer")));
    task.setAuthoredOnElement(Moments.utc(clock.instant()));
    exposed.forEach(
        (who, ways) ->
            ways.forEach(
                (how, first) ->
                    task.addInput(
                        new ParameterComponent(
                            new CodeableConcept(new Coding(HOW, how, null)),
                            who.indexOf('/') > 0 ? new Reference(who) : new StringType(who)))));
    return task;
  }
}
