// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import java.util.Set;

/** Tells a database that is away or read-only from a statement that failed. */
public enum Outage {
  /**
   * No connection was to be had, writing is not allowed, it took too long, or the database ran out
   * of something (class 53: locks, space, connections): nothing happened.
   */
  BEFORE,
  /** The connection broke under the work: a commit may or may not have gone through. */
  DURING;

  private static final Set<String> REFUSED = Set.of("08001", "08004", "25006", "57014", "57P03");
  private static final Set<String> BROKEN = Set.of("57P01", "57P02", "57P04", "57P05", "25P03");

  /** What kind of outage is behind a failure, if one is. */
  public static Optional<Outage> of(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLTransientConnectionException) {
        return Optional.of(BEFORE);
      }
      if (t instanceof SQLException sql && sql.getSQLState() != null) {
        String state = sql.getSQLState();
        if (REFUSED.contains(state) || state.startsWith("53")) {
          return Optional.of(BEFORE);
        }
        if (state.startsWith("08") || BROKEN.contains(state)) {
          return Optional.of(DURING);
        }
      }
    }
    return Optional.empty();
  }
}
