// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.db.SqlFailure;
import dev.parley.store.Visibility.Access;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;

/** Reads by id and by version. */
final class ResourceReader {
  private final Database database;
  private final ResourceTypes types;
  private final Visibility visibility;
  private final ResourceHistory history;

  ResourceReader(Database database, ResourceTypes types, Visibility visibility) {
    this.database = database;
    this.types = types;
    this.visibility = visibility;
    this.history = new ResourceHistory(database, types, visibility);
  }

  Optional<StoredResource> find(Caller caller, String type, String id) {
    long self = Keys.self(type, id);
    Sql condition = visibility.condition(caller, Access.READ, type, "r");
    if (condition != Sql.TRUE) {
      return visible(type, self, condition).filter(stored -> stored.id().equals(id));
    }
    return Optional.ofNullable(database.read(s -> s.get(ResourceRow.class, self)))
        .filter(row -> row.id.equals(id))
        .map(row -> row.stored(types));
  }

  /** In one statement: whether it may be seen, and what it is. */
  private Optional<StoredResource> visible(String type, long self, Sql condition) {
    Sql query =
        Sql.of(
            """
            select r.id, r.version, r.updated, r.kind::text, r.body from resource r
            where r.self = :self and (:visible)""",
            "self",
            self,
            "visible",
            condition);
    try (Connection connection = database.connection();
        PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      return row.next()
          ? Optional.of(
              new StoredResource(
                  type,
                  row.getString(1),
                  row.getInt(2),
                  row.getObject(3, OffsetDateTime.class).toInstant(),
                  Change.Kind.of(row.getString(4).charAt(0)),
                  row.getString(5)))
          : Optional.empty();
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  StoredResource read(Caller caller, String type, String id) {
    StoredResource stored =
        find(caller, type, id).orElseThrow(() -> Refusal.notFound(type + "/" + id));
    if (stored.deleted()) {
      throw Refusal.gone(stored.reference());
    }
    return stored;
  }

  StoredResource readVersion(Caller caller, String type, String id, String version) {
    String what = type + "/" + id + "/_history/" + version;
    if (!version.matches("[1-9]\\d{0,8}")) {
      throw Refusal.notFound(what);
    }
    int number = Integer.parseInt(version);
    StoredResource current =
        find(caller, type, id).orElseThrow(() -> Refusal.notFound(type + "/" + id));
    StoredResource found = current.version() == number ? current : older(caller, type, id, number);
    if (found == null) {
      throw Refusal.notFound(what);
    }
    if (found.deleted()) {
      throw Refusal.gone(what);
    }
    return found;
  }

  private StoredResource older(Caller caller, String type, String id, int version) {
    if (!history.sees(caller, type, Keys.self(type, id), version)) {
      return null;
    }
    VersionRow row =
        database.read(
            s -> s.get(VersionRow.class, new VersionRow.Key(Keys.self(type, id), version)));
    return row == null ? null : row.stored(types);
  }

  HistoryPage history(Caller caller, HistoryRequest request) {
    if (request.id() != null && find(caller, request.type(), request.id()).isEmpty()) {
      throw Refusal.notFound(request.type() + "/" + request.id());
    }
    return history.page(caller, request);
  }
}
