// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import java.sql.Connection;
import java.sql.SQLException;

/** Whether somebody on the patient's side may be told of messages. */
public interface Permission {
  /**
   * Asks the patient's Consents.
   *
   * @param who a Patient or RelatedPerson
   * @param channel app for Web Push, or email
   */
  boolean permits(Connection connection, String who, String channel) throws SQLException;
}
