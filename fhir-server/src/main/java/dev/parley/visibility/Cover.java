// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.Codes;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/**
 * The Task by which somebody who is away (its requester) asks a colleague (its owner) to stand in;
 * its restriction's period is how long.
 */
final class Cover {
  private static final String CODE = "cover-request";

  private Cover() {}

  static boolean is(Task task) {
    return Codes.has(task.getCode(), "task", CODE);
  }

  static boolean isAccepted(Task task) {
    return is(task) && task.getStatus() == TaskStatus.ACCEPTED;
  }
}
