// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import dev.parley.db.Database;
import dev.parley.db.SqlFailure;
import dev.parley.store.Visibility.Access;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/** Pages of versions: of a resource, of a type, of everything. Newest first. */
final class ResourceHistory {
  private final Database database;
  private final ResourceTypes types;
  private final Visibility visibility;

  ResourceHistory(Database database, ResourceTypes types, Visibility visibility) {
    this.database = database;
    this.types = types;
    this.visibility = visibility;
  }

  HistoryPage page(Caller caller, HistoryRequest request) {
    Sql from =
        Sql.of(
            "(:versions) v where :visible",
            "versions",
            versions(request),
            "visible",
            visible(caller, request));
    HistoryRequest.Place before = request.before();
    Sql page =
        Sql.of(
            """
            select * from :from and :before
            order by updated desc, self desc, version desc limit :limit""",
            "from",
            from,
            "before",
            before == null
                ? Sql.TRUE
                : Sql.of(
                    "(updated, self, version) < (:updated, :self, :version)",
                    "updated",
                    before.updated(),
                    "self",
                    before.self(),
                    "version",
                    before.version()),
            "limit",
            Sql.literal(request.count() + 1));
    try (Connection connection = database.connection()) {
      List<Row> rows = read(connection, page);
      boolean more = rows.size() > request.count();
      List<Row> shown = more ? rows.subList(0, request.count()) : rows;
      Row last = shown.isEmpty() ? null : shown.get(shown.size() - 1);
      return new HistoryPage(
          shown.stream().map(Row::version).toList(),
          total(connection, from),
          more && last != null
              ? new HistoryRequest.Place(last.version.updated(), last.self, last.version.version())
              : null);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private record Row(long self, StoredResource version) {}

  private List<Row> read(Connection connection, Sql page) throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (PreparedStatement statement = page.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        rows.add(
            new Row(
                row.getLong("self"),
                new StoredResource(
                    types.name(row.getShort("type")),
                    row.getString("id"),
                    row.getInt("version"),
                    row.getObject("updated", OffsetDateTime.class).toInstant(),
                    Change.Kind.of(row.getString("kind").charAt(0)),
                    row.getString("body"))));
      }
    }
    return rows;
  }

  private static long total(Connection connection, Sql from) throws SQLException {
    Sql count = Sql.of("select count(*) from :from", "from", from);
    try (PreparedStatement statement = count.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /** A version is for whom it was for, if they may see the current one as well. */
  private Sql visible(Caller caller, HistoryRequest request) {
    Access access = request.id() == null ? Access.SEARCH : Access.READ;
    Sql condition = visibility.condition(caller, access, request.type(), "r");
    if (condition == Sql.TRUE) {
      return Sql.TRUE;
    }
    return Sql.of(
        """
        exists (select from resource r where r.self = v.self and (:now))
        and exists (select from (
          select r.self, r.type, r.id, r.thread, r.at, r.updated, r.keys, r.who, v.audience
          from resource r where r.self = v.self) o where (:before))""",
        "now",
        condition,
        "before",
        visibility.condition(caller, access, request.type(), "o"));
  }

  /** Whether an older version is one for the caller, who may see the current one. */
  boolean sees(Caller caller, String type, long self, int version) {
    Sql condition = visibility.condition(caller, Access.READ, type, "o");
    if (condition == Sql.TRUE) {
      return true;
    }
    Sql query =
        Sql.of(
            """
            select 1 from (
              select r.self, r.type, r.id, r.thread, r.at, r.updated, r.keys, r.who, v.audience
              from resource r join version v on v.self = r.self
              where r.self = :self and v.version = :version) o where (:before)""",
            "self",
            self,
            "version",
            version,
            "before",
            condition);
    try (Connection connection = database.connection();
        PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      return row.next();
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  /** Both halves of the truth: what is current, and what was. */
  private Sql versions(HistoryRequest request) {
    List<Sql> parts = new ArrayList<>();
    if (request.id() != null) {
      parts.add(Sql.of("self = :self", "self", Keys.self(request.type(), request.id())));
    } else if (request.type() != null) {
      parts.add(Sql.of("type = :type", "type", types.code(request.type())));
    }
    if (request.since() != null) {
      parts.add(Sql.of("updated >= :since", "since", request.since()));
    }
    return Sql.of(
        """
        select self, updated, version, type, kind::text, id, audience, body from resource where :scope
        union all
        select self, updated, version, type, kind::text, id, audience, body from version where :scope""",
        "scope",
        Sql.and(parts));
  }
}
