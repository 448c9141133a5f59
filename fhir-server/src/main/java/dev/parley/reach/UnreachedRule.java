// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.agenda.Agenda;
import dev.parley.db.Rows;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.OwnTask;
import dev.parley.store.Rule;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskPriority;

/**
 * Sets the timer of a stat message in its own transaction, and has it looked at again whenever
 * somebody acknowledges it, stands in, or declines to. Who gets a Task of it is told as well.
 */
final class UnreachedRule implements Rule {
  private static final String AGAIN =
      "insert into reach_due (message, due) values (?, ?) on conflict do nothing";

  private final Chart chart;
  private final Agenda agenda;
  private final Telling telling;
  private final Duration first;
  private final Clock clock;

  /**
   * @param first when a stat message is looked at for the first time
   */
  UnreachedRule(Chart chart, Agenda agenda, Telling telling, Duration first, Clock clock) {
    this.chart = chart;
    this.agenda = agenda;
    this.telling = telling;
    this.first = first;
    this.clock = clock;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.after() instanceof Communication message && change.sends() && isStat(message)
        || change.after() instanceof Task task && concerns(task);
  }

  private static boolean isStat(Communication message) {
    return message.hasPayload()
        && message.getPriority() == CommunicationPriority.STAT
        && (message.getStatus() == CommunicationStatus.INPROGRESS
            || message.getStatus() == CommunicationStatus.COMPLETED);
  }

  private static boolean concerns(Task task) {
    return task.getPriority() == TaskPriority.STAT
        && (Tasks.is(task, Tasks.ACKNOWLEDGE)
            || Tasks.is(task, Tasks.STAND_IN)
            || Tasks.is(task, Tasks.UNREACHED));
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    Instant now = clock.instant();
    if (change.after() instanceof Communication message) {
      boolean wasSent =
          change.before() instanceof Communication before
              && before.hasExtension(Codes.MESSAGE_NUMBER);
      if (isStat(message) && message.hasExtension(Codes.MESSAGE_NUMBER) && !wasSent) {
        agenda.at(connection, Unreached.KIND, change.id(), now.plus(first));
      }
    } else if (change.after() instanceof Task task && concerns(task)) {
      changed(change, task, connection, now);
    }
  }

  private void changed(Change change, Task task, Connection connection, Instant now)
      throws SQLException {
    Optional<String> message =
        chart.local(task.getFocus()).filter(focus -> focus.startsWith("Communication/"));
    if (message.isEmpty()) {
      return;
    }
    if (Tasks.is(task, Tasks.UNREACHED)) {
      Optional<String> owner = chart.local(task.getOwner());
      if (OwnTask.isOpen(task) && owner.isPresent()) {
        telling.alarm(connection, Keys.self("Task", change.id()), List.of(owner.get()));
      }
    } else if (change.before() instanceof Task before) {
      if (before.getStatus() != task.getStatus()) {
        String id = message.get().substring("Communication/".length());
        agenda.at(connection, Unreached.KIND, id, now);
      }
    } else if (Tasks.is(task, Tasks.STAND_IN)) {
      Rows.change(connection, AGAIN, Keys.of(message.get()), now);
    }
  }
}
