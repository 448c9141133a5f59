// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Sql;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A search on index keys alone: every clause has to hold. */
public record KeyFilter(List<Clause> clauses) {

  /**
   * One parameter: some of these keys, or none of them.
   *
   * @param rank how few resources it is likely to leave; the smallest clause finds the subscription
   */
  public record Clause(long[] keys, boolean negated, int rank) {
    boolean holds(long[] of, long self) {
      for (long key : keys) {
        if (key == self || Arrays.binarySearch(of, key) >= 0) {
          return !negated;
        }
      }
      return negated;
    }
  }

  /** Whether a version with these keys, sorted, is found; self counts as one of them. */
  public boolean matches(long[] keys, long self) {
    for (Clause clause : clauses) {
      if (!clause.holds(keys, self)) {
        return false;
      }
    }
    return true;
  }

  /** The same as a condition on rows of {@code resource}. */
  public Sql over(String alias) {
    List<Sql> all = new ArrayList<>();
    for (Clause clause : clauses) {
      all.add(
          Sql.of(
              "%s(%2$s.keys && :keys or %2$s.self = any(:keys))"
                  .formatted(clause.negated() ? "not " : "", alias),
              "keys",
              clause.keys()));
    }
    return Sql.and(all);
  }

  /** One of these keys is in everything that matches; null if there is no such set. */
  long[] anchor() {
    return clauses.stream()
        .filter(c -> !c.negated())
        .min(Comparator.comparingInt(Clause::rank).thenComparing(c -> c.keys().length))
        .map(Clause::keys)
        .orElse(null);
  }
}
