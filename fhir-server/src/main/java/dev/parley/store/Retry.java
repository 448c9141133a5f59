// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
import java.sql.SQLException;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Repeats a whole transaction that lost a race, and says in HTTP's words when it cannot be done.
 */
final class Retry {
  private static final int TIMES = 6;
  private static final Set<String> LOST_A_RACE = Set.of("40001", "40P01", "23505");
  private static final Set<String> READ_ONLY = Set.of("25006", "57P01", "57P02", "57P03", "53300");

  private Retry() {}

  static <T> T whole(Supplier<T> transaction) {
    for (int attempt = 1; ; attempt++) {
      try {
        return transaction.get();
      } catch (Replan e) {
        if (attempt == TIMES) {
          throw Refusal.conflict("busy", "Others keep changing the same resources; try again");
        }
      } catch (RuntimeException e) {
        SQLException cause = sql(e);
        if (cause == null) {
          throw e;
        }
        String state = String.valueOf(cause.getSQLState());
        if (LOST_A_RACE.contains(state) && attempt < TIMES) {
          continue;
        }
        throw refusal(state, e);
      }
    }
  }

  private static RuntimeException refusal(String state, RuntimeException e) {
    if (LOST_A_RACE.contains(state)) {
      return Refusal.conflict("busy", "Others keep changing the same resources; try again");
    }
    if (state.startsWith("08") || READ_ONLY.contains(state) || state.equals("null")) {
      return Refusal.unavailable(
          "database-unavailable", "The database cannot be written to now; nothing was stored", 5);
    }
    return e;
  }

  private static SQLException sql(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql) {
        return sql;
      }
    }
    return null;
  }
}
