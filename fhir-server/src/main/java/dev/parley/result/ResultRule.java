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
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees that a report is final, or final anew with something else in it, and notes in the same
 * transaction when the patient hears of it, and that a critical one is told at once.
 */
final class ResultRule implements Rule {
  static final String KIND = "result-release";
  static final String CRITICAL = "critical-result";
  private static final Logger LOG = LoggerFactory.getLogger(ResultRule.class);
  private static final String CRITICAL_ID = "parley.result.critical";

  private final Tools tools;
  private final ReleaseRules rules;
  private final ResultTasks tasks;
  private final Consumer<String> critical;

  /**
   * @param critical tells of a critical report, which is noted in the agenda as well
   */
  ResultRule(Tools tools, ReleaseRules rules, ResultTasks tasks, Consumer<String> critical) {
    this.tools = tools;
    this.rules = rules;
    this.tasks = tasks;
    this.critical = critical;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return isResult(change) || change.after() instanceof Task task && ResultTasks.isRelease(task);
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (isResult(change)) {
      DiagnosticReport resource = (DiagnosticReport) change.after();
      Instant now = tools.clock().instant();
      Release release = rules.of(resource);
      if (release.clinicianFirst()) {
        tools.agenda().cancel(connection, KIND, change.id());
      } else {
        tools.agenda().at(connection, KIND, change.id(), now.plus(release.delay()));
      }
      Optional<Report> report = Report.of(resource, tools.chart(), connection);
      if (report.isPresent() && report.get().isCritical(tools.chart(), connection)) {
        tools.agenda().at(connection, CRITICAL, drawn(change), now);
      }
    } else if (isReleased(change)) {
      Optional<String> report = tools.chart().local(((Task) change.after()).getFocus());
      if (report.isPresent() && report.get().startsWith("DiagnosticReport/")) {
        String id = report.get().substring(report.get().indexOf('/') + 1);
        tools.agenda().at(connection, KIND, id, tools.clock().instant());
      }
    }
  }

  /** At once; by the agenda if this process dies before it, or it fails. */
  @Override
  public void afterCommit(List<Change> changes) {
    for (Change change : changes) {
      if (change.after() != null && change.after().getUserData(CRITICAL_ID) != null) {
        try {
          critical.accept(drawn(change));
        } catch (RuntimeException e) {
          LOG.warn("DiagnosticReport/{} is told again: {}", change.id(), e.toString());
        }
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
        }
      }
    }
    return steps;
  }

  /** The report and which of its versions: the same however often the write is tried. */
  private static String drawn(Change change) {
    if (change.after().getUserData(CRITICAL_ID) == null) {
      String which =
          change.before() == null
              ? UUID.randomUUID().toString()
              : change.id() + "-" + change.before().getMeta().getVersionId();
      change.after().setUserData(CRITICAL_ID, change.id() + " " + which);
    }
    return (String) change.after().getUserData(CRITICAL_ID);
  }

  private Step create(Resource resource) {
    return Step.create(Draft.of(resource, tools.fhir()), null);
  }

  /** Whether a clinician has still to look at it. */
  boolean waits(DiagnosticReport resource, String id, Connection connection) throws SQLException {
    return rules.of(resource).clinicianFirst() && isOpen(id, connection);
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
