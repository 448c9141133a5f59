// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
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
    database.run(connection -> Rows.change(connection, MUTE, person, thread, until));
  }

  void pin(long person, long thread, boolean pinned) {
    database.run(connection -> Rows.change(connection, PIN, person, thread, pinned));
  }

  /** Pinned ones first. */
  List<Setting> of(long person, Instant now) {
    return database.with(
        connection -> Rows.list(connection, ALL, row -> setting(row, now), person, now));
  }

  private static Setting setting(ResultSet row, Instant now) throws SQLException {
    Instant until = Rows.time(row, 2);
    Instant muted =
        row.getBoolean(3) ? Instant.MAX : until == null || until.isBefore(now) ? null : until;
    return new Setting(row.getString(1), muted, row.getBoolean(4));
  }
}
