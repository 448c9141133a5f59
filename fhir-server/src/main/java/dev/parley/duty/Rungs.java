// SPDX-License-Identifier: Apache-2.0
package dev.parley.duty;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** Whom something late is put before, one after the other. */
public interface Rungs {
  /**
   * One rung.
   *
   * @param to owner, on-call, team-lead, or a reference
   * @param after so long after it was due
   */
  record Rung(String to, Duration after) {}

  /**
   * In the order of their times.
   *
   * @param service null for the usual
   */
  List<Rung> of(Connection connection, String service) throws SQLException;
}
