// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import dev.parley.access.Caller;
import dev.parley.feature.Tools;
import dev.parley.result.ReleaseRules.Release;
import dev.parley.store.Change;
import dev.parley.store.Draft;
import dev.parley.store.Lookup;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * Sees that a report is final, or final anew with something else in it, and notes in the same
 * transaction when the patient hears of it; a critical one is told at once, in that transaction.
 */
final class ResultRule implements Rule {
  static final String KIND = "result-release";
  private static final String CRITICAL_ID = "parley.result.critical";

  private final Tools tools;
  private final ReleaseRules rules;
  private final ResultTasks tasks;
  private final ResultMessages messages;

  ResultRule(Tools tools, ReleaseRules rules, ResultTasks tasks, ResultMessages messages) {
    this.tools = tools;
    this.rules = rules;
    this.tasks = tasks;
    this.messages = messages;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isResult(change) || change.after() instanceof Task task && ResultTasks.isRelease(task);
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (isResult(change)) {
      Release release = rules.of((DiagnosticReport) change.after());
      if (!release.clinicianFirst()) {
        tools
            .agenda()
            .at(connection, KIND, change.id(), tools.clock().instant().plus(release.delay()));
      }
    } else if (isReleased(change)) {
      Optional<String> report = tools.chart().local(((Task) change.after()).getFocus());
      if (report.isPresent() && report.get().startsWith("DiagnosticReport/")) {
        String id = report.get().substring(report.get().indexOf('/') + 1);
        tools.agenda().at(connection, KIND, id, tools.clock().instant());
      }
    }
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (isResult(change)) {
        DiagnosticReport resource = (DiagnosticReport) change.after();
        Optional<Report> report = Report.of(resource, tools.chart(), connection);
        if (report.isPresent()) {
          if (rules.of(resource).clinicianFirst() && !isOpen(change.id(), connection)) {
            steps.add(create(tasks.release(report.get(), change.id())));
          }
          if (report.get().clinician() != null
              && report.get().isCritical(tools.chart(), connection)) {
            critical(report.get(), change, connection, steps);
          }
        }
      }
    }
    return steps;
  }

  private void critical(Report report, Change change, Connection connection, List<Step> steps)
      throws SQLException {
    if (steps.stream().noneMatch(s -> s.type().equals("Device"))
        && Lookup.one(connection, ResultMessages.DEVICE).isEmpty()) {
      steps.add(device());
    }
    String drawn = id(change);
    String thread = named(drawn + " thread");
    String message = named(drawn + " message");
    steps.add(create(messages.criticalThread(report, change.id())).linked(thread));
    steps.add(
        create(messages.critical(report, change.id(), "Communication/" + thread)).linked(message));
    steps.add(create(tasks.acknowledge(report, "Communication/" + message)));
  }

  /** Who says what nobody has said. */
  Step device() {
    Device own = new Device();
    own.setId("parley");
    own.addDeviceName().setName("Parley").setType(Device.DeviceNameType.USERFRIENDLYNAME);
    return Step.update(Draft.of(own, tools.fhir()), "parley", null);
  }

  /** The same however often the write is tried: its locks are taken by it. */
  private static String id(Change change) {
    if (change.after().getUserData(CRITICAL_ID) == null) {
      change
          .after()
          .setUserData(
              CRITICAL_ID,
              change.before() == null
                  ? UUID.randomUUID().toString()
                  : change.id() + "/" + change.before().getMeta().getVersionId());
    }
    return (String) change.after().getUserData(CRITICAL_ID);
  }

  private static String named(String name) {
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private Step create(Resource resource) {
    return Step.create(Draft.of(resource, tools.fhir()), null);
  }

  private boolean isOpen(String id, Connection connection) throws SQLException {
    for (StoredResource stored :
        Lookup.referring(
            connection,
            "Task",
            "identifier",
            List.of(ResultTasks.IDENTIFIER + "|" + id.toLowerCase(Locale.ROOT) + "-release"))) {
      if (tools.chart().parse(stored, Task.class).getStatus() == TaskStatus.REQUESTED) {
        return true;
      }
    }
    return false;
  }

  /** By those who send: a system that only keeps records (without messaging) tells nobody. */
  private static boolean isResult(Change change) {
    Caller caller = change.caller();
    return change.after() instanceof DiagnosticReport after
        && Report.isDone(after)
        && (caller.kind() == Caller.Kind.STAFF
            || caller.isSystem() && caller.scopes().has("messaging"))
        && !(change.before() instanceof DiagnosticReport before
            && Report.isDone(before)
            && bare(before).equalsDeep(bare(after)));
  }

  private static DiagnosticReport bare(DiagnosticReport report) {
    DiagnosticReport bare = report.copy();
    bare.setMeta(null);
    bare.setId((String) null);
    bare.setText(null);
    return bare;
  }

  private static boolean isReleased(Change change) {
    return change.after() instanceof Task after
        && change.before() instanceof Task before
        && ResultTasks.isRelease(before)
        && after.getStatus() == TaskStatus.COMPLETED
        && before.getStatus() != TaskStatus.COMPLETED
        && (change.caller().kind() == Caller.Kind.STAFF || change.caller().isSystem());
  }
}
