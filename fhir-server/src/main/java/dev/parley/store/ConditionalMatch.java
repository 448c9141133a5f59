// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import java.util.List;
import org.hibernate.StatelessSession;

/** Finds the one resource that a conditional create, update, patch or delete is about. */
final class ConditionalMatch {
  private final ResourceSearch search;

  ConditionalMatch(ResourceSearch search) {
    this.search = search;
  }

  /**
   * None or one.
   *
   * @throws Refusal 412 for more than one; 400 if the body has another id than the one found
   */
  List<StoredResource> find(StatelessSession session, Caller caller, Step step) {
    List<StoredResource> found = search.match(session, caller, step.type(), step.criteria());
    if (found.size() > 1) {
      throw Refusal.precondition(
          "multiple-matches",
          "More than one %s matches the condition; make it name one".formatted(step.type()));
    }
    if (step.kind() == Change.Kind.UPDATE
        && !found.isEmpty()
        && step.id() != null
        && !step.id().equals(found.get(0).id())) {
      throw Refusal.invalid(
          "id-mismatch",
          "The condition finds %s, the body has the id %s"
              .formatted(found.get(0).reference(), step.id()));
    }
    if (step.kind() == Change.Kind.UPDATE && found.isEmpty() && step.draft() == null) {
      throw Refusal.notFound(step.type() + " by this condition");
    }
    return found;
  }
}
