// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** Tells who of some people has nothing to do with a patient. */
public interface Strangers {
  /**
   * @param patient "Patient/1"
   */
  List<String> among(Connection connection, String patient, Collection<String> people, Instant now)
      throws SQLException;
}
