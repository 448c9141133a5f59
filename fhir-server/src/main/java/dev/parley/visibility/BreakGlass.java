// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import org.hl7.fhir.r4.model.Task;

/** The Task by which an emergency access is granted, told to the privacy officer, and reviewed. */
final class BreakGlass {
  static final String SYSTEM = "https://parley.dev/fhir/CodeSystem/task";
  static final String CODE = "break-glass";

  private BreakGlass() {}

  static boolean is(Task task) {
    return task.getCode().getCoding().stream()
        .anyMatch(c -> SYSTEM.equals(c.getSystem()) && CODE.equals(c.getCode()));
  }
}
