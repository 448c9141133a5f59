// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.db.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** When a conversation's last message was sent. Drafts have no time. */
final class LastMessages {
  // The end of one range of the index (thread, at, self) for each.
  private static final String LAST =
      """
      select t.thread, l.at from unnest(?::bigint[]) t(thread) cross join lateral (
        select r.at from resource r where r.thread = t.thread and r.at is not null and r.body is not null
        order by r.at desc limit 1) l""";

  private final Database database;

  LastMessages(Database database) {
    this.database = database;
  }

  /** By the selfs of the headers; those without messages are left out. */
  Map<Long, Instant> of(Set<Long> threads) {
    return database.with(connection -> of(threads, connection));
  }

  private static Map<Long, Instant> of(Set<Long> threads, Connection connection)
      throws SQLException {
    Map<Long, Instant> times = new HashMap<>();
    try (PreparedStatement query = connection.prepareStatement(LAST)) {
      query.setArray(1, connection.createArrayOf("bigint", threads.toArray()));
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          times.put(row.getLong(1), row.getObject(2, OffsetDateTime.class).toInstant());
        }
      }
    }
    return times;
  }
}
