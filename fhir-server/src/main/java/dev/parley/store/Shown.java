// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import dev.parley.db.SqlFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What was found, as its reader may read it. */
final class Shown {
  private final Database database;
  private final Redaction redaction;
  private final Annotation annotation;

  Shown(Database database, Redaction redaction, Annotation annotation) {
    this.database = database;
    this.redaction = redaction;
    this.annotation = annotation;
  }

  /** Versions as they were stored. */
  List<StoredResource> to(Caller caller, List<StoredResource> found) {
    return shown(caller, found, redacts(caller, found), false);
  }

  /** What is current, with what is said of it besides. */
  List<StoredResource> now(Caller caller, List<StoredResource> found) {
    boolean annotates =
        found.stream().anyMatch(r -> !r.deleted() && annotation.concerns(caller, r.type()));
    return shown(caller, found, redacts(caller, found), annotates);
  }

  private boolean redacts(Caller caller, List<StoredResource> found) {
    return found.stream().anyMatch(r -> !r.deleted() && redaction.concerns(caller, r.type()));
  }

  private List<StoredResource> shown(
      Caller caller, List<StoredResource> found, boolean redacts, boolean annotates) {
    if (!redacts && !annotates) {
      return found;
    }
    try (Connection connection = database.connection()) {
      List<StoredResource> left = redacts ? redaction.redact(connection, caller, found) : found;
      return annotates ? annotation.annotate(connection, caller, left) : left;
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  /** Null for null: the delete of what never was. */
  StoredResource to(Caller caller, StoredResource found) {
    return found == null ? null : to(caller, List.of(found)).get(0);
  }

  /** The same of what is current. */
  StoredResource now(Caller caller, StoredResource found) {
    return found == null ? null : now(caller, List.of(found)).get(0);
  }

  /** Of histories. */
  List<StoredResource> past(Caller caller, List<StoredResource> versions) {
    if (versions.stream().noneMatch(v -> v.type().equals("Communication"))) {
      return to(caller, versions);
    }
    try (Connection connection = database.connection()) {
      return to(caller, redaction.past(connection, caller, versions));
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }
}
