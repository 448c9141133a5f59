// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts the stored text to events: from the current version where it still is, else from history.
 */
final class EventTexts {
  private static final String SQL =
      """
      select r.self, r.version, r.updated, r.kind::text, r.body
      from unnest(?::bigint[], ?::int[]) n(self, version)
      join %s r on r.self = n.self and r.version = n.version where r.body is not null
      """;

  /** What a message said before it was taken back goes to nobody any more. */
  private static final String NOT_RECALLED =
      "and not exists (select from resource c where c.self = r.self and c.keys @> array[%d])"
          .formatted(LoggedEvent.RECALLED);

  private EventTexts() {}

  /** What has left the store meanwhile stays without text. */
  static void load(Connection connection, Collection<LoggedEvent> events) throws SQLException {
    Map<Key, LoggedEvent> wanted = new HashMap<>();
    for (LoggedEvent each : events) {
      if (each.json == null && each.event.kind() != Change.Kind.DELETE) {
        wanted.put(new Key(each.event.self(), each.event.version()), each);
      }
    }
    load(connection, SQL.formatted("resource"), wanted);
    load(connection, SQL.formatted("version") + NOT_RECALLED, wanted);
  }

  private static void load(Connection connection, String sql, Map<Key, LoggedEvent> wanted)
      throws SQLException {
    if (wanted.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, wanted.keySet().stream().mapToLong(Key::self).toArray());
      statement.setObject(2, wanted.keySet().stream().mapToInt(Key::version).toArray());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          LoggedEvent event = wanted.remove(new Key(rows.getLong(1), rows.getInt(2)));
          event.text(
              new StoredResource(
                      event.type,
                      event.event.id(),
                      rows.getInt(2),
                      rows.getTimestamp(3).toInstant(),
                      Change.Kind.of(rows.getString(4).charAt(0)),
                      rows.getString(5))
                  .json());
        }
      }
    }
  }

  private record Key(long self, int version) {}
}
