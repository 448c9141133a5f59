// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.db.Database;
import dev.parley.db.Rows;
import dev.parley.store.Keys;
import dev.parley.store.Retry;
import dev.parley.store.Sql;
import dev.parley.store.Visible;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What a person does with their own receipts. All of theirs in one thread are written under one
 * lock, so that two devices of theirs do not meet, and the mark is never above what is unread.
 */
final class Reading {
  private static final String LOCK = "select pg_advisory_xact_lock(?)";

  private static final String TAKES_PART =
      """
      select exists (select from thread_participant p where p.thread = ?
                     and p.participant = any(array(select holders(?, ?))))""";

  /** Also what was read in private, when it is now read for all to know. */
  private static final String UNREAD =
      """
      select m.self from thread_message m
      where m.thread = ? and m.number between ? and ? and m.sender <> ? and not m.gone and m.self <> all(?)
        and not exists (select from receipt c where c.message = m.self and c.person = ?
                        and c.read is not null and not c.again and (not c.hidden or ?))
      order by m.number""";

  private static final String READ =
      """
      insert into receipt as c (message, person, who, via, delivered, read, hidden)
        select m, ?, ?, %s, ?, ?, ? from unnest(?::bigint[]) m order by m
        on conflict (message, person) do update set
          delivered = coalesce(c.delivered, excluded.delivered),
          read = case when c.read is null or c.hidden and not excluded.hidden
                      then excluded.read else c.read end,
          hidden = (c.read is null or c.hidden) and excluded.hidden,
          again = false"""
          .formatted(ReceiptSql.via("m", "?"));

  /** A private mark is told to the person's own clients, once; others hear of their messages. */
  private static final String TELL_READ =
      ReceiptSql.event(
          "case when ? then array[?::bigint] else array[?::bigint, n.sender] end",
          """
          (select distinct on (g) message, sender from (
             select m.self as message, m.sender, m.number, case when ? then 0 else m.sender end as g
             from thread_message m where m.self = any(?)) x
           order by g, number desc)""");

  /** Below what is left to read of what they see; up to the end if nothing is. */
  private static final String ADVANCE =
      """
      insert into read_mark as k (person, thread, number)
        select ?, ?, coalesce(
          (select m.number - 1 from thread_message m
           where m.thread = ? and m.number > coalesce(
               (select o.number from read_mark o where o.person = ? and o.thread = ?), 0)
             and m.at >= coalesce(%s, '-infinity') and %s order by m.number limit 1),
          (select max(m.number) from thread_message m where m.thread = ?), 0)
        on conflict (person, thread) do update set number = excluded.number"""
          .formatted(ReceiptSql.since("?", "?"), ReceiptSql.unread("?"));

  private static final String AGAIN =
      """
      update receipt c set again = true from thread_message m
      where m.thread = ? and m.number between ? and ? and m.self = c.message
        and c.person = ? and c.read is not null and not c.again""";

  private static final String BACK =
      "update read_mark set number = least(number, ?) where person = ? and thread = ?";

  private static final String TELL_AGAIN =
      ReceiptSql.event(
          "array[?::bigint]",
          // One that they had read: what was before they came in is not theirs to hear of.
          """
          (select m.self as message from thread_message m
             join receipt c on c.message = m.self and c.person = ? and c.again
           where m.thread = ? and m.number >= ? order by m.number limit 1)""");

  private final Database database;
  private final Runnable wake;

  Reading(Database database, Runnable wake) {
    this.database = database;
    this.wake = wake;
  }

  /** A message in its thread. */
  record Place(long thread, int number, long sender) {}

  /**
   * Numbers of a thread, both ends included.
   *
   * @param from 0 for the first that may be unread
   */
  record Range(long thread, int from, int to) {}

  /** Where a message stands; null if it has no number. */
  static Place place(Connection connection, long message) throws SQLException {
    String sql = "select thread, number, sender from thread_message where self = ?";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, message);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? new Place(row.getLong(1), row.getInt(2), row.getLong(3)) : null;
      }
    }
  }

  static boolean takesPart(Connection connection, long thread, String person, Instant now)
      throws SQLException {
    return Rows.one(connection, TAKES_PART, row -> row.getBoolean(1), thread, Keys.of(person), now);
  }

  /** What of a range somebody has not read. */
  static List<Long> unread(
      Connection connection, String person, Range range, boolean hidden, long[] but)
      throws SQLException {
    long self = Keys.of(person);
    return Rows.list(
        connection,
        UNREAD,
        row -> row.getLong(1),
        range.thread(),
        range.from(),
        range.to(),
        self,
        but,
        self,
        hidden);
  }

  /**
   * Marks a range as read.
   *
   * @param hidden whether nobody else is to know
   * @param seen what this person may see, over rows r of resource: nothing else is read
   * @param but messages whose text this person has not been given
   * @return how many were unread
   */
  int read(String person, Range range, boolean hidden, Sql seen, long[] but, Instant now) {
    return write(
        person,
        range.thread(),
        connection -> {
          Range from =
              range.from() > 0
                  ? range
                  : new Range(
                      range.thread(), mark(connection, person, range.thread()) + 1, range.to());
          long[] selfs = seen(connection, unread(connection, person, from, hidden, but), seen);
          if (selfs.length > 0) {
            put(connection, person, selfs, hidden, now);
            tell(connection, person, selfs, hidden, now);
          }
          advance(connection, person, range.thread(), now);
          return selfs.length;
        });
  }

  private static long[] seen(Connection connection, List<Long> messages, Sql seen)
      throws SQLException {
    long[] selfs = messages.stream().mapToLong(Long::longValue).toArray();
    if (selfs.length == 0) {
      return selfs;
    }
    Set<Long> visible = Visible.among(connection, selfs, seen);
    return Arrays.stream(selfs).filter(visible::contains).toArray();
  }

  private static int mark(Connection connection, String person, long thread) throws SQLException {
    String sql = "select number from read_mark where person = ? and thread = ?";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, Keys.of(person));
      query.setLong(2, thread);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  /** A message without a number: of a record-keeping system, or of no thread. */
  void readAlone(String person, long message, boolean hidden, Instant now) {
    write(
        person,
        message,
        connection -> {
          put(connection, person, new long[] {message}, hidden, now);
          return 0;
        });
  }

  /** In a transaction of somebody else: what a client says by a PUT. */
  static void put(
      Connection connection, String person, long[] messages, boolean hidden, Instant now)
      throws SQLException {
    OffsetDateTime time = now.atOffset(ZoneOffset.UTC);
    long self = Keys.of(person);
    Rows.change(connection, READ, self, person, self, time, self, time, time, hidden, messages);
  }

  static void tell(
      Connection connection, String person, long[] messages, boolean hidden, Instant now)
      throws SQLException {
    long self = Keys.of(person);
    Rows.change(connection, TELL_READ, now, hidden, self, self, hidden, messages);
  }

  static void advance(Connection connection, String person, long thread, Instant now)
      throws SQLException {
    long self = Keys.of(person);
    OffsetDateTime time = now.atOffset(ZoneOffset.UTC);
    try (PreparedStatement advance = connection.prepareStatement(ADVANCE)) {
      advance.setLong(1, self);
      advance.setLong(2, thread);
      advance.setLong(3, thread);
      advance.setLong(4, self);
      advance.setLong(5, thread);
      advance.setLong(6, thread);
      advance.setLong(7, self);
      for (int i = 8; i <= 10; i++) {
        advance.setObject(i, time);
      }
      advance.setLong(11, self);
      advance.setLong(12, self);
      advance.setLong(13, thread);
      advance.executeUpdate();
    }
  }

  /**
   * Marks a range as unread again, for this person's own eyes.
   *
   * @return how many were read
   */
  int unread(String person, Range range, Instant now) {
    long self = Keys.of(person);
    return write(
        person,
        range.thread(),
        connection -> {
          int changed;
          try (PreparedStatement again = connection.prepareStatement(AGAIN);
              PreparedStatement back = connection.prepareStatement(BACK);
              PreparedStatement tell = connection.prepareStatement(TELL_AGAIN)) {
            again.setLong(1, range.thread());
            again.setInt(2, range.from());
            again.setInt(3, range.to());
            again.setLong(4, self);
            changed = again.executeUpdate();
            back.setInt(1, range.from() - 1);
            back.setLong(2, self);
            back.setLong(3, range.thread());
            back.executeUpdate();
            if (changed > 0) {
              tell.setObject(1, now.atOffset(ZoneOffset.UTC));
              tell.setLong(2, self);
              tell.setLong(3, self);
              tell.setLong(4, range.thread());
              tell.setInt(5, range.from());
              tell.executeUpdate();
            }
          }
          return changed;
        });
  }

  private int write(String person, long thread, Database.Reading<Integer> work) {
    int changed =
        Retry.whole(
            () ->
                database.write(
                    session ->
                        session.doReturningWork(
                            connection -> {
                              lock(connection, person, thread);
                              return work.from(connection);
                            })));
    if (changed > 0) {
      wake.run();
    }
    return changed;
  }

  /** In a statement of its own: what is read after it is current. */
  static void lock(Connection connection, String person, long thread) throws SQLException {
    Rows.change(connection, LOCK, Keys.of("reading " + person) ^ thread);
  }
}
