// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Writes {@code access_grant}, in the transaction of the resource that the grants come from. */
final class GrantTable {
  // The key about one record turned into that about the other: both kinds of key cancel out.
  private static final String COPIES =
      """
      insert into access_grant (holder, key, source, low, high, since, team, about, merged)
      select g.holder, g.key # g.about # l.other, g.source, g.low, g.high, g.since, g.team, l.other, true
      from %s g join patient_merge l on l.self = g.about where not g.merged""";

  private static final String PUT =
      """
      with put as (
        insert into access_grant (source, holder, key, low, high, team, about, since)
        select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::timestamptz[])
        returning *)
      """
          + COPIES.formatted("put");

  // The horizon of the log is one's own transaction at the earliest: its rows are the last ones.
  private static final String TELL =
      """
      update event e set audience = e.audience || audience_holders(
          (select r.audience from resource r where r.self = e.self), e.at, e.at)
      where e.era = (select max(era) from event) and e.xid = pg_current_xact_id() and e.self = any(?)""";

  private GrantTable() {}

  /**
   * What resources say now, in place of what they said before.
   *
   * @param grants by source
   * @param fresh sources that said nothing before
   */
  static void put(Connection connection, Map<Long, List<Grant>> grants, Set<Long> fresh)
      throws SQLException {
    long[] known =
        grants.keySet().stream()
            .filter(s -> !fresh.contains(s))
            .mapToLong(Long::longValue)
            .toArray();
    if (known.length > 0) {
      Rows.change(connection, "delete from access_grant where source = any(?)", known);
    }
    List<Sourced> all = new ArrayList<>();
    grants.forEach((source, its) -> its.forEach(g -> all.add(new Sourced(source, g))));
    if (all.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = connection.prepareStatement(PUT)) {
      set(insert, 1, "bigint", all, Sourced::source);
      set(insert, 2, "bigint", all, s -> s.grant.holder());
      set(insert, 3, "bigint", all, s -> s.grant.key());
      set(insert, 4, "text", all, s -> text(s.grant.low()));
      set(insert, 5, "text", all, s -> text(s.grant.high()));
      set(insert, 6, "bigint", all, s -> s.grant.team());
      set(insert, 7, "bigint", all, s -> s.grant.about());
      set(insert, 8, "text", all, s -> s.grant.since() == null ? null : text(s.grant.since()));
      insert.executeUpdate();
    }
  }

  private record Sourced(Long source, Grant grant) {}

  /** After records were merged or parted: what is about one of them is about its others. */
  static void recopy(Connection connection, Collection<Long> patients) throws SQLException {
    long[] about = patients.stream().mapToLong(Long::longValue).toArray();
    Rows.change(connection, "delete from access_grant where merged and about = any(?)", about);
    Rows.change(connection, COPIES.formatted("access_grant") + " and g.about = any(?)", about);
  }

  /** Whoever got in by these very changes hears of them as well. */
  static void tell(Connection connection, List<Long> selfs) throws SQLException {
    Rows.change(connection, TELL, selfs.stream().mapToLong(Long::longValue).toArray());
  }

  private static <T> void set(
      PreparedStatement statement,
      int index,
      String type,
      List<Sourced> grants,
      Function<Sourced, T> column)
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
