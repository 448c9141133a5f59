// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What was found, as its reader may read it. */
final class Shown {
  private final Database database;
  private final Redaction redaction;

  Shown(Database database, Redaction redaction) {
    this.database = database;
    this.redaction = redaction;
  }

  List<StoredResource> to(Caller caller, List<StoredResource> found) {
    if (found.stream().noneMatch(r -> !r.deleted() && redaction.concerns(caller, r.type()))) {
      return found;
    }
    try (Connection connection = database.connection()) {
      return redaction.redact(connection, caller, found);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  /** Null for null: the delete of what never was. */
  StoredResource to(Caller caller, StoredResource found) {
    return found == null ? null : to(caller, List.of(found)).get(0);
  }
}
