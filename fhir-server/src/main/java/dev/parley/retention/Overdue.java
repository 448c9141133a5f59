// SPDX-License-Identifier: Apache-2.0
package dev.parley.retention;

import dev.parley.db.Rows;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What of a type is older than it has to be kept, whether held or not. */
public final class Overdue {
  /**
   * A hold is on a resource, or on a person: then on all that names them, in whichever of merged
   * records, and on what is said in threads that do.
   */
  private static final String HELD =
      """
      (r.self = any(h.selfs) or r.who && h.selfs or r.thread = any(h.selfs)
        or exists (select from resource t where t.self = r.thread and t.who && h.selfs))""";

  // By its last change, or by its own date if that is later. A thread is as young as what is in it.
  private static final String OLD =
      """
      from resource r join resource_type n on n.code = r.type cross join (select ?::bigint[] as selfs) h
      where n.name = ? and r.body is not null and greatest(r.updated, coalesce(r.at, r.updated)) < ?
        and not exists (select from resource m where m.thread = r.self and m.body is not null)""";

  private static final String COUNT =
      "select count(*) filter (where not held), count(*) filter (where held) from (select "
          + HELD
          + " is true as held "
          + OLD
          + ") d";
  private static final String SOME =
      "select r.id "
          + OLD
          + " and "
          + HELD
          + " is not true order by r.updated, r.self limit ? offset ?";

  private Overdue() {}

  /**
   * Of one type.
   *
   * @param due to be purged
   * @param held older as well, and kept by a legal hold
   */
  public record Count(String type, Instant before, long due, long held) {}

  public static Count count(Connection connection, String type, Instant before)
      throws SQLException {
    return Rows.one(
        connection,
        COUNT,
        row -> new Count(type, before, row.getLong(1), row.getLong(2)),
        held(connection),
        type,
        before);
  }

  /** Ids of those that are due, oldest first, without the first {@code skip}. */
  static List<String> some(Connection connection, String type, Instant before, int limit, int skip)
      throws SQLException {
    return Rows.list(
        connection, SOME, row -> row.getString(1), held(connection), type, before, limit, skip);
  }

  /** Selfs of what legal holds are on. */
  private static long[] held(Connection connection) throws SQLException {
    List<Long> selfs = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement("select reference from audit_hold");
        ResultSet row = query.executeQuery()) {
      while (row.next()) {
        selfs.add(Keys.of(row.getString(1)));
      }
    }
    try (PreparedStatement query =
        connection.prepareStatement("select other from patient_merge where self = any(?)")) {
      query.setObject(1, selfs.stream().mapToLong(Long::longValue).toArray());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          selfs.add(row.getLong(1));
        }
      }
    }
    return selfs.stream().mapToLong(Long::longValue).toArray();
  }
}
