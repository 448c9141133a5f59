// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import java.util.Optional;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;

/** Tasks about messages that do not reach anybody: their codes, and what they name. */
final class Tasks {
  /** Written by {@code conversation} for each recipient of a stat message. */
  static final String ACKNOWLEDGE = "acknowledge";

  /** A rung; written by {@code availability} too. */
  static final String STAND_IN = "stand-in";

  /** Tells a sender. */
  static final String UNREACHED = "unreached";

  /** Work for the sender's pool. */
  static final String UNREAD = "unread-by-patient";

  private Tasks() {}

  static boolean is(Task task, String code) {
    return Codes.has(task.getCode(), "task", code);
  }

  /** What a part of a Task names. */
  static Optional<String> part(Task task, String part, Chart chart) {
    return task.getInput().stream()
        .filter(i -> i.getType().getCoding().stream().anyMatch(c -> part.equals(c.getCode())))
        .filter(i -> i.getValue() instanceof Reference)
        .flatMap(i -> chart.local((Reference) i.getValue()).stream())
        .findFirst();
  }
}
