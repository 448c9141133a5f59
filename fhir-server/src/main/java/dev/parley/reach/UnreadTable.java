// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;

/** Of the table {@code reach_due} the messages that a patient is to read: stages 1 and 2. */
final class UnreadTable {
  /** Not read yet, nobody told. */
  static final int WAITING = 1;

  /** There is a Task, until it is read. */
  static final int TOLD = 2;

  private static final String WATCH =
      "insert into reach_due (message, due, stage) values (?, ?, 1) on conflict do nothing";

  // Taken for some minutes, so that no transaction stays open while Tasks are written. What the
  // patient's side has read, or written after, needs nobody.
  private static final String TAKE =
      """
      with taken as (
        update reach_due d set due = ? from (
          select message, stage from reach_due where stage in (1, 2) and due <= ?
          order by due limit ? for update skip locked) n
        where d.message = n.message and d.stage = n.stage
        returning d.message, d.stage),
      p as (select array(select code from resource_type where name in ('Patient', 'RelatedPerson')) as types)
      select t.message, t.stage, r.id, h.id,
        m.self is null or m.gone or r.body is null or h.body is null
          or exists (select from receipt c join resource w on w.self = c.person
                     where c.message = t.message and c.read is not null and w.type = any(p.types))
          or exists (select from thread_message l join resource w on w.self = l.sender
                     where l.thread = m.thread and l.number > m.number and w.type = any(p.types))
      from p, taken t join resource r on r.self = t.message
      left join thread_message m on m.self = t.message
      left join resource h on h.self = m.thread\
      """;

  private static final String OTHERS =
      """
      select exists (select from reach_due d join thread_message m on m.self = d.message
        join resource h on h.self = m.thread
        where d.stage = 2 and h.id = ? and d.message <> ?)\
      """;

  private UnreadTable() {}

  /**
   * A message that was to be read.
   *
   * @param thread id of its thread, or null
   * @param over it was read, or is gone
   */
  record Waiting(long message, int stage, String id, String thread, boolean over) {}

  static void watch(Connection connection, Collection<Due> messages, Duration unread)
      throws SQLException {
    try (PreparedStatement put = connection.prepareStatement(WATCH)) {
      for (Due each : messages) {
        if (each.toPatient()) {
          put.setLong(1, each.message());
          put.setObject(2, each.at().plus(unread).atOffset(ZoneOffset.UTC));
          put.addBatch();
        }
      }
      put.executeBatch();
    }
  }

  static List<Waiting> take(Connection connection, Instant now, Duration lease, int most)
      throws SQLException {
    return Rows.list(
        connection,
        TAKE,
        row ->
            new Waiting(
                row.getLong(1),
                row.getInt(2),
                row.getString(3),
                row.getString(4),
                row.getBoolean(5)),
        now.plus(lease),
        now,
        most);
  }

  static void done(Connection connection, Waiting waiting) throws SQLException {
    Rows.change(
        connection,
        "delete from reach_due where message = ? and stage = ?",
        waiting.message(),
        waiting.stage());
  }

  /** From then on it is looked whether it was read meanwhile. */
  static void told(Connection connection, Waiting waiting, Instant next) throws SQLException {
    Rows.change(
        connection,
        "insert into reach_due (message, due, stage) values (?, ?, 2)"
            + " on conflict (message, stage) do update set due = excluded.due",
        waiting.message(),
        next);
    if (waiting.stage() == WAITING) {
      done(connection, waiting);
    }
  }

  /** Whether other messages of the thread are waited for. */
  static boolean others(Connection connection, Waiting waiting) throws SQLException {
    return Rows.one(
        connection, OTHERS, row -> row.getBoolean(1), waiting.thread(), waiting.message());
  }
}
