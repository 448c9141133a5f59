// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.db.Rows;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The table {@code push_subscription}. */
final class PushTable {
  /** Of one person; the oldest go. */
  static final int MOST = 10;

  // Somebody else's notes must not wake a browser that has changed hands.
  private static final String PUT =
      """
      with others as (
        delete from reach_note n using push_subscription s
        where s.endpoint = ? and n.target = s.id and s.person <> ?)
      insert into push_subscription as s (person, who, endpoint, p256dh, auth, since)
        values (?, ?, ?, ?, ?, ?)
      on conflict (endpoint) do update set person = excluded.person, who = excluded.who,
        p256dh = excluded.p256dh, auth = excluded.auth, since = excluded.since, not_before = null\
      """;

  private static final String TRIM =
      """
      delete from push_subscription where id in (
        select id from push_subscription where person = ? order by since desc, id desc offset ?)\
      """;

  private static final String BY =
      "select id, person, who, endpoint, since, not_before from push_subscription where %s = any(?)"
          + " order by since, id";

  private PushTable() {}

  static void put(
      Connection connection, String who, String endpoint, String p256dh, String auth, Instant now)
      throws SQLException {
    Rows.change(
        connection, PUT, endpoint, Keys.of(who), Keys.of(who), who, endpoint, p256dh, auth, now);
    Rows.change(connection, TRIM, Keys.of(who), MOST);
  }

  static void remove(Connection connection, String who, String endpoint) throws SQLException {
    Rows.change(
        connection,
        "delete from push_subscription where person = ? and endpoint = ?",
        Keys.of(who),
        endpoint);
  }

  /** The push service does not know it any more. */
  static void remove(Connection connection, long id) throws SQLException {
    Rows.change(connection, "delete from push_subscription where id = ?", id);
  }

  static void rest(Connection connection, long id, Instant until) throws SQLException {
    Rows.change(connection, "update push_subscription set not_before = ? where id = ?", until, id);
  }

  static List<Push> ofPersons(Connection connection, Collection<Long> persons) throws SQLException {
    return by(connection, "person", persons);
  }

  static List<Push> ofIds(Connection connection, Collection<Long> ids) throws SQLException {
    return by(connection, "id", ids);
  }

  private static List<Push> by(Connection connection, String column, Collection<Long> values)
      throws SQLException {
    List<Push> all = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(BY.formatted(column))) {
      query.setObject(1, values.stream().mapToLong(Long::longValue).toArray());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          OffsetDateTime notBefore = row.getObject(6, OffsetDateTime.class);
          all.add(
              new Push(
                  row.getLong(1),
                  row.getLong(2),
                  row.getString(3),
                  row.getString(4),
                  row.getObject(5, OffsetDateTime.class).toInstant(),
                  notBefore == null ? null : notBefore.toInstant()));
        }
      }
    }
    return all;
  }
}
