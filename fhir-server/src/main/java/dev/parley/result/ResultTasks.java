// SPDX-License-Identifier: Apache-2.0
package dev.parley.result;

import dev.parley.store.Codes;
import dev.parley.store.Moments;
import dev.parley.store.OwnTask;
import java.time.Clock;
import java.time.Duration;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskPriority;

/** What clinicians have to do about a report. */
final class ResultTasks {
  static final String IDENTIFIER = "https://parley.dev/fhir/result";
  static final String RELEASE = "release-result";

  private final Clock clock;
  private final Duration acknowledged;

  /**
   * @param acknowledged by when a critical result is
   */
  ResultTasks(Clock clock, Duration acknowledged) {
    this.clock = clock;
    this.acknowledged = acknowledged;
  }

  /** To look at it first; done, the patient hears of it. */
  Task release(Report report, String id) {
    Task task = of(report, RELEASE, "Look at the result; completing this tells the patient");
    task.addIdentifier().setSystem(IDENTIFIER).setValue(id + "-release");
    return task.setFocus(new Reference("DiagnosticReport/" + id));
  }

  /** A critical result of which no message could tell the clinician. */
  Task critical(Report report, String key, String id) {
    Task task = of(report, "critical-result", "A critical result that nobody was told: read it");
    task.addIdentifier().setSystem(IDENTIFIER).setValue(key + "-task");
    task.setPriority(TaskPriority.STAT);
    task.getRestriction()
        .getPeriod()
        .setEndElement(Moments.utc(clock.instant().plus(acknowledged)));
    return task.setFocus(new Reference("DiagnosticReport/" + id));
  }

  /** To tell a patient who may not be written to. */
  Task call(Report report, String key, String id) {
    Task task = of(report, "reach-by-other-means", "A result waits and no message may pass: call");
    task.addIdentifier().setSystem(IDENTIFIER).setValue(key + "-call");
    return task.setFocus(new Reference("DiagnosticReport/" + id));
  }

  private Task of(Report report, String code, String words) {
    Task task = OwnTask.of(code, words, clock.instant());
    task.setFor(new Reference(report.patient()));
    if (report.clinician() != null) {
      task.setOwner(new Reference(report.clinician()));
    }
    return task;
  }

  static boolean isRelease(Task task) {
    return Codes.has(task.getCode(), "task", RELEASE);
  }
}
