// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
import dev.parley.db.Outage;
import java.sql.SQLException;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Repeats a whole transaction that lost a race, and says in HTTP's words when it cannot be done.
 */
public final class Retry {
  private static final int TIMES = 6;

  // Each of them knows another lock: what somebody leaves behind may be a hundred Tasks.
  private static final int TIMES_WISER = 500;

  private static final Set<String> LOST_A_RACE = Set.of("40001", "40P01", "23505");

  private Retry() {}

  public static <T> T whole(Supplier<T> transaction) {
    int lost = 0;
    int wiser = 0;
    while (lost < TIMES && wiser < TIMES_WISER) {
      try {
        return transaction.get();
      } catch (Replan e) {
        if (e.isWiser()) {
          wiser++;
        } else {
          lost++;
        }
      } catch (RuntimeException e) {
        if (!lostARace(e)) {
          throw Outage.of(e).<RuntimeException>map(Retry::refusal).orElse(e);
        }
        lost++;
      }
    }
    throw Refusal.conflict("busy", "Others keep changing the same resources; try again");
  }

  private static Refusal refusal(Outage outage) {
    return Refusal.unavailable(
        "database-unavailable",
        outage == Outage.BEFORE
            ? "The database cannot be written to now; nothing was stored"
            : "The database went away during the write: look whether it was stored before you"
                + " repeat it, or repeat it as a conditional create",
        5);
  }

  private static boolean lostARace(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql
          && LOST_A_RACE.contains(String.valueOf(sql.getSQLState()))) {
        return true;
      }
    }
    return false;
  }
}
