// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import java.sql.SQLException;

/** An {@link SQLException} on its way out: an outage or a fault, which the door tells apart. */
public final class SqlFailure extends RuntimeException {
  public SqlFailure(SQLException cause) {
    super(cause);
  }
}
