// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.hibernate.StatelessSession;

/** Finds the one resource that a conditional create, update, patch or delete is about. */
final class ConditionalMatch {
  private final ResourceSearch search;

  ConditionalMatch(ResourceSearch search) {
    this.search = search;
  }

  /** What is locked for a condition: the same for every spelling of it. */
  static long key(Step step) {
    StringJoiner text = new StringJoiner("&", step.type() + "?", "");
    new TreeMap<>(ResourceSearch.parse(step.criteria()))
        .forEach(
            (name, values) ->
                Arrays.stream(values).sorted().forEach(value -> text.add(name + "=" + value)));
    return Keys.of(text.toString());
  }

  /**
   * None or one.
   *
   * @throws Refusal 412 for more than one; 400 if the body has another id than the one found
   *     409 if somebody else has met the condition since an id was drawn for it
   */
  List<StoredResource> find(StatelessSession session, Caller caller, Step step) {
    List<StoredResource> found = search.match(session, caller, step.type(), step.criteria());
    if (found.size() > 1) {
      throw Refusal.precondition(
          "multiple-matches",
          "More than one %s matches the condition; make it name one".formatted(step.type()));
    }
    boolean other = !found.isEmpty() && step.id() != null && !step.id().equals(found.get(0).id());
    if (other && step.linked()) {
      throw Refusal.conflict(
          "busy", "Somebody else has just met a condition of the transaction; try again");
    }
    if (other && step.kind() == Change.Kind.UPDATE) {
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
