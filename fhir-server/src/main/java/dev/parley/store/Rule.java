// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/**
 * A rule that the store calls for every write, in the order of the list in {@code Wiring}. It says
 * no by throwing a {@link dev.parley.access.Refusal}; the whole transaction is rolled back then.
 */
public interface Rule {
  /**
   * Adds what must not change under this write (see "Locks" in docs/architecture.md). Called before
   * anything is locked or read; the change has no previous version yet.
   */
  default void plan(Change change, Set<Long> locks) {}

  /**
   * Whether this rule reads the locked database in {@link #beforeWrite}, or does anything in {@link
   * #afterWrite}, for this change. A plain create for which no rule does is one statement, and
   * afterWrite is not called for it.
   */
  default boolean needsTransaction(Change change) {
    return false;
  }

  /**
   * Whether {@link #beforeWrite} may change the resource: its text is made anew from it then. Only
   * for a rule that needs a transaction for the change.
   */
  default boolean completes(Change change) {
    return false;
  }

  /** May refuse, or complete the resource. Everything planned is locked. */
  default void beforeWrite(Change change) {}

  /** In the same transaction, after the row is written. */
  default void afterWrite(Change change, Connection connection) throws SQLException {}
}
