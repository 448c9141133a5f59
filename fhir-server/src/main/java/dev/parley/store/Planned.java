// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.List;

/**
 * A step with what was found and computed before any lock was taken.
 *
 * @param asked as the client gave it
 * @param step with the id that it is about
 * @param change as the rules see it while planning
 * @param values null for a delete or a patch
 * @param found ids that the step's criteria found; null if it has none
 */
record Planned(Step asked, Step step, Change change, IndexValues values, List<String> found) {
  String reference() {
    return step.type() + "/" + step.id();
  }

  /** Its id was drawn by us: nothing can be stored under it. */
  boolean fresh() {
    return step.kind() == Change.Kind.CREATE && (found == null || found.isEmpty());
  }

  /** A conditional create that has found one. */
  boolean meets() {
    return step.kind() == Change.Kind.CREATE && found != null && !found.isEmpty();
  }

  /** As asked; of what is created, the id is known by now. */
  Step named() {
    return step.kind() == Change.Kind.CREATE ? step : asked;
  }

  boolean plainCreate() {
    return step.kind() == Change.Kind.CREATE && step.criteria() == null && step.draft() != null;
  }

  /** The thread of a message, or null. */
  Long thread() {
    return values == null ? null : values.thread();
  }

  static List<String> ids(List<StoredResource> found) {
    return found.stream().map(StoredResource::id).toList();
  }
}
