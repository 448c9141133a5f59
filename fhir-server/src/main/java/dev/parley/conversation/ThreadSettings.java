// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.db.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** The table {@code thread_member}: what each person has set for themselves in threads. */
final class ThreadSettings {
  private static final String MUTE =
      """
      insert into thread_member (person, thread, muted_until) values (?, ?, ?)
      on conflict (person, thread) do update set muted_until = excluded.muted_until""";
  private static final String PIN =
      """
      insert into thread_member (person, thread, pinned) values (?, ?, ?)
      on conflict (person, thread) do update set pinned = excluded.pinned""";
  private static final String ALL =
      """
      select r.id, nullif(m.muted_until, 'infinity'), m.muted_until = 'infinity', m.pinned
      from thread_member m join resource r on r.self = m.thread
      where m.person = ? and (m.pinned or m.muted_until > ?) order by m.pinned desc, r.id""";

  private final Database database;

  ThreadSettings(Database database) {
    this.database = database;
  }

  /**
   * One thread of a person.
   *
   * @param mutedUntil null: not muted; {@link Instant#MAX}: until they say otherwise
   */
  record Setting(String thread, Instant mutedUntil, boolean pinned) {}

  /**
   * @param until null: not any more; {@link Instant#MAX}: until they say otherwise
   */
  void mute(long person, long thread, Instant until) {
    database.run(
        connection -> {
          try (PreparedStatement put = connection.prepareStatement(MUTE)) {
            put.setLong(1, person);
            put.setLong(2, thread);
            put.setObject(
                3,
                until == null
                    ? null
                    : until.equals(Instant.MAX)
                        ? OffsetDateTime.MAX
                        : until.atOffset(ZoneOffset.UTC));
            put.executeUpdate();
          }
        });
  }

  void pin(long person, long thread, boolean pinned) {
    database.run(
        connection -> {
          try (PreparedStatement put = connection.prepareStatement(PIN)) {
            put.setLong(1, person);
            put.setLong(2, thread);
            put.setBoolean(3, pinned);
            put.executeUpdate();
          }
        });
  }

  /** Pinned ones first. */
  List<Setting> of(long person, Instant now) {
    return database.with(connection -> of(person, now, connection));
  }

  private static List<Setting> of(long person, Instant now, Connection connection)
      throws SQLException {
    List<Setting> all = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(ALL)) {
      query.setLong(1, person);
      query.setObject(2, now.atOffset(ZoneOffset.UTC));
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          OffsetDateTime until = row.getObject(2, OffsetDateTime.class);
          Instant muted =
              row.getBoolean(3)
                  ? Instant.MAX
                  : until == null || until.toInstant().isBefore(now) ? null : until.toInstant();
          all.add(new Setting(row.getString(1), muted, row.getBoolean(4)));
        }
      }
    }
    return all;
  }
}
