// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.SQLException;

/** An {@link SQLException} on its way out. */
public final class SqlFailure extends RuntimeException {
  public SqlFailure(SQLException cause) {
    super(cause);
  }
}
