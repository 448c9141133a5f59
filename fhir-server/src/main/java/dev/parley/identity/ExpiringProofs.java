// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.db.Rows;
import dev.parley.feature.Tools;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Moments;
import dev.parley.store.Step;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskIntent;
import org.hl7.fhir.r4.model.Task.TaskStatus;
import org.hl7.fhir.r4.model.VerificationResult;

/** Tells patients and proxies, once, that their verification ends within a month. */
final class ExpiringProofs {
  static final String CODE = "renew-identity";
  static final int DAYS = 30;
  private static final Duration EACH = Duration.ofHours(1);

  private static final String SYSTEM = Codes.SYSTEMS + "identity-expiry";

  /** Few have a date so near; that all results are read for it is hourly, not for each request. */
  private static final String ENDING =
      """
      select r.id from resource r join resource_type t on t.code = r.type
      where t.name = 'VerificationResult' and r.body is not null
        and left(r.body::json ->> 'nextScheduled', 10) between ? and ?
      order by r.self""";

  private final Tools tools;

  ExpiringProofs(Tools tools) {
    this.tools = tools;
    tools.agenda().every(EACH, "identity-ending", this::announce);
  }

  private void announce() {
    for (Task task : tools.database().with(this::tasks)) {
      // Conditional: once for each end, however often it is looked for.
      String once = SYSTEM + "|" + task.getIdentifierFirstRep().getValue();
      tools.own().write(Step.create(Draft.of(task, tools.fhir()), "identifier=" + once));
    }
  }

  private List<Task> tasks(Connection connection) throws SQLException {
    List<Task> tasks = new ArrayList<>();
    for (String id : ending(connection)) {
      Optional<VerificationResult> result =
          tools.chart().find(connection, "VerificationResult/" + id, VerificationResult.class);
      if (result.isPresent()) {
        for (Reference target : result.get().getTarget()) {
          task(id, result.get(), target, connection).ifPresent(tasks::add);
        }
      }
    }
    return tasks;
  }

  private List<String> ending(Connection connection) throws SQLException {
    LocalDate today = LocalDate.ofInstant(tools.clock().instant(), ZoneOffset.UTC);
    return Rows.list(
        connection,
        ENDING,
        row -> row.getString(1),
        today.toString(),
        today.plusDays(DAYS).toString());
  }

  /** Empty if they are verified for longer by another. */
  private Optional<Task> task(
      String id, VerificationResult result, Reference target, Connection connection)
      throws SQLException {
    Optional<String> person = tools.chart().local(target).filter(Chart::isPatientSide);
    Proof ending = Proof.of(result, tools.clock().instant());
    if (person.isEmpty()
        || ending == null
        || Proof.of(tools.chart(), connection, person.get()).stream()
            .anyMatch(p -> p.level() >= ending.level() && p.until().isAfter(ending.until()))) {
      return Optional.empty();
    }
    Task task = new Task().setStatus(TaskStatus.REQUESTED).setIntent(TaskIntent.ORDER);
    String day = result.getNextScheduledElement().getValueAsString();
    task.addIdentifier()
        .setSystem(SYSTEM)
        .setValue(id + "." + person.get().replace('/', '.') + "." + day);
    task.setCode(Codes.ours("task", CODE));
    task.setDescription(
        "Your verified identity ends on %s. To go on reading new messages, have it verified again before that: show an identity card at the front desk."
            .formatted(day));
    task.setFocus(new Reference("VerificationResult/" + id));
    tools
        .chart()
        .patientOf(connection, person.get())
        .ifPresent(patient -> task.setFor(new Reference(patient)));
    task.setOwner(new Reference(person.get()));
    task.getRestriction().getPeriod().setEndElement(Moments.utc(ending.until()));
    task.setAuthoredOnElement(Moments.utc(tools.clock().instant()));
    return Optional.of(task);
  }
}
