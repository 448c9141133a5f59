// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** Writes {@code access_grant}, in the transaction of the resource that the grants come from. */
final class GrantTable {
  private static final String PUT =
      """
      insert into access_grant (holder, key, source, low, high, team, about)
      select holder, key, ?, low, high, team, about
      from unnest(?::bigint[], ?::bigint[], ?::timestamptz[], ?::timestamptz[], ?::bigint[], ?::bigint[])
        g(holder, key, low, high, team, about)""";

  // The key about one record turned into that about the other: both kinds of key cancel out.
  private static final String COPY =
      """
      insert into access_grant (holder, key, source, low, high, since, team, about, merged)
      select g.holder, g.key # g.about # l.other, g.source, g.low, g.high, g.since, g.team, l.other, true
      from access_grant g join patient_merge l on l.self = g.about
      where not g.merged and %s""";

  private static final String FRESH =
      """
      update event set audience = audience || audience_holders(array(
          select r_key from resource r, unnest(r.audience) r_key where r.self = event.self), at, at)
      where era = (select max(era) from event) and xid = pg_current_xact_id() and self = any(?)""";

  private GrantTable() {}

  /** What a resource says now, in place of what it said before. */
  static void put(Connection connection, long source, List<Grant> grants) throws SQLException {
    delete(connection, source);
    if (grants.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = connection.prepareStatement(PUT)) {
      insert.setLong(1, source);
      set(insert, 2, "bigint", grants, Grant::holder);
      set(insert, 3, "bigint", grants, Grant::key);
      set(insert, 4, "text", grants, g -> text(g.low()));
      set(insert, 5, "text", grants, g -> text(g.high()));
      set(insert, 6, "bigint", grants, Grant::team);
      set(insert, 7, "bigint", grants, Grant::about);
      insert.executeUpdate();
    }
    if (grants.stream().anyMatch(g -> g.about() != null)) {
      try (PreparedStatement copy = connection.prepareStatement(COPY.formatted("g.source = ?"))) {
        copy.setLong(1, source);
        copy.executeUpdate();
      }
    }
  }

  static void delete(Connection connection, long source) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("delete from access_grant where source = ?")) {
      delete.setLong(1, source);
      delete.executeUpdate();
    }
  }

  /** After records were merged or parted: what is about one of them is about its others. */
  static void recopy(Connection connection, Collection<Long> patients) throws SQLException {
    Long[] about = patients.toArray(Long[]::new);
    try (PreparedStatement delete =
            connection.prepareStatement(
                "delete from access_grant where merged and about = any(?)");
        PreparedStatement copy = connection.prepareStatement(COPY.formatted("g.about = any(?)"))) {
      delete.setObject(1, about);
      delete.executeUpdate();
      copy.setObject(1, about);
      copy.executeUpdate();
    }
  }

  /** Whoever got in by this very change hears of it as well. */
  static void tell(Connection connection, long self) throws SQLException {
    try (PreparedStatement update = connection.prepareStatement(FRESH)) {
      update.setObject(1, new Long[] {self});
      update.executeUpdate();
    }
  }

  private static <T> void set(
      PreparedStatement statement,
      int index,
      String type,
      List<Grant> grants,
      Function<Grant, T> column)
      throws SQLException {
    statement.setArray(
        index,
        statement.getConnection().createArrayOf(type, grants.stream().map(column).toArray()));
  }

  private static String text(Instant instant) {
    OffsetDateTime time =
        instant.equals(Instant.MIN) || instant.equals(Instant.MAX)
            ? null
            : instant.atOffset(ZoneOffset.UTC);
    return time != null ? time.toString() : instant.equals(Instant.MIN) ? "-infinity" : "infinity";
  }
}
