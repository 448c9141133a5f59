// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
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
    try (PreparedStatement put = connection.prepareStatement(PUT)) {
      put.setString(1, endpoint);
      put.setLong(2, Keys.of(who));
      put.setLong(3, Keys.of(who));
      put.setString(4, who);
      put.setString(5, endpoint);
      put.setString(6, p256dh);
      put.setString(7, auth);
      put.setObject(8, now.atOffset(ZoneOffset.UTC));
      put.executeUpdate();
    }
    try (PreparedStatement trim = connection.prepareStatement(TRIM)) {
      trim.setLong(1, Keys.of(who));
      trim.setInt(2, MOST);
      trim.executeUpdate();
    }
  }

  static void remove(Connection connection, String who, String endpoint) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "delete from push_subscription where person = ? and endpoint = ?")) {
      delete.setLong(1, Keys.of(who));
      delete.setString(2, endpoint);
      delete.executeUpdate();
    }
  }

  /** The push service does not know it any more. */
  static void remove(Connection connection, long id) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("delete from push_subscription where id = ?")) {
      delete.setLong(1, id);
      delete.executeUpdate();
    }
  }

  static void rest(Connection connection, long id, Instant until) throws SQLException {
    try (PreparedStatement put =
        connection.prepareStatement("update push_subscription set not_before = ? where id = ?")) {
      put.setObject(1, until.atOffset(ZoneOffset.UTC));
      put.setLong(2, id);
      put.executeUpdate();
    }
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
