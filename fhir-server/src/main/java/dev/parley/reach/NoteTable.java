// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;

/** The table {@code reach_note}. */
final class NoteTable {
  private static final String PUT =
      """
      insert into reach_note as n (person, who, about, target, urgent, due) values (?, ?, ?, ?, ?, ?)
      on conflict (person, about, target) do update
        set urgent = n.urgent or excluded.urgent, due = least(n.due, excluded.due)\
      """;

  // Whoever takes them has them until the time is over: after a crash another does.
  private static final String TAKE =
      """
      update reach_note n set due = ?, tries = tries + 1
      from (select person, about, target from reach_note where due <= ? order by due limit ?
            for update skip locked) d
      where n.person = d.person and n.about = d.about and n.target = d.target
      returning n.person, n.who, n.about, n.target, n.urgent, n.due, n.tries\
      """;

  /** Of these, what somebody still has to be told of. A Task has no number and no receipts. */
  private static final String STILL =
      """
      select n.ordinality from unnest(?::bigint[], ?::bigint[]) with ordinality n(person, about, ordinality)
      join resource r on r.self = n.about and r.body is not null
      left join thread_message m on m.self = n.about
      left join resource h on h.self = m.thread
      left join receipt c on c.message = n.about and c.person = n.person
      where m.self is null
         or not m.gone and c.delivered is null and c.read is null
            and n.person = any(audience_holders(coalesce(r.audience, h.audience), ?, m.at))\
      """;

  private static final String EACH =
      """
      (person, about, target) in (select * from unnest(?::bigint[], ?::bigint[], ?::bigint[]))\
      """;

  private NoteTable() {}

  static void put(Connection connection, Collection<Note> notes) throws SQLException {
    if (notes.isEmpty()) {
      return;
    }
    try (PreparedStatement put = connection.prepareStatement(PUT)) {
      for (Note note : notes) {
        put.setLong(1, note.person());
        put.setString(2, note.who());
        put.setLong(3, note.about());
        put.setLong(4, note.target());
        put.setBoolean(5, note.urgent());
        put.setObject(6, note.due().atOffset(ZoneOffset.UTC));
        put.addBatch();
      }
      put.executeBatch();
    }
  }

  static List<Note> take(Connection connection, Instant now, Instant until, int most)
      throws SQLException {
    return Rows.list(
        connection,
        TAKE,
        row ->
            new Note(
                row.getLong(1),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getBoolean(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                row.getInt(7)),
        until,
        now,
        most);
  }

  static List<Note> still(Connection connection, List<Note> notes, Instant now)
      throws SQLException {
    return Rows.list(
        connection,
        STILL,
        row -> notes.get(row.getInt(1) - 1),
        notes.stream().mapToLong(Note::person).toArray(),
        notes.stream().mapToLong(Note::about).toArray(),
        now);
  }

  static void done(Connection connection, List<Note> notes) throws SQLException {
    change(connection, "delete from reach_note where " + EACH, null, notes);
  }

  /** They are tried again. */
  static void later(Connection connection, List<Note> notes, Instant when) throws SQLException {
    change(connection, "update reach_note set due = ? where " + EACH, when, notes);
  }

  /** They have not been tried, and wait. */
  static void postpone(Connection connection, List<Note> notes, Instant when) throws SQLException {
    String sql = "update reach_note set due = ?, tries = tries - 1 where " + EACH;
    change(connection, sql, when, notes);
  }

  private static void change(Connection connection, String sql, Instant when, List<Note> notes)
      throws SQLException {
    if (notes.isEmpty()) {
      return;
    }
    try (PreparedStatement change = connection.prepareStatement(sql)) {
      int i = 1;
      if (when != null) {
        change.setObject(i++, when.atOffset(ZoneOffset.UTC));
      }
      change.setObject(i++, notes.stream().mapToLong(Note::person).toArray());
      change.setObject(i++, notes.stream().mapToLong(Note::about).toArray());
      change.setObject(i, notes.stream().mapToLong(Note::target).toArray());
      change.executeUpdate();
    }
  }
}
