// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.SQLException;

/** An {@link SQLException} on its way out. */
final class SqlFailure extends RuntimeException {
  SqlFailure(SQLException cause) {
    super(cause);
  }
}
