// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.store.Keys;
import dev.parley.store.Restricted;
import dev.parley.store.StandIns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A thread of somebody's inbox.
 *
 * @param thread self of the header
 * @param id its id
 * @param activity when something happened last
 * @param last id of the last message, or null
 * @param speaker who wrote last that is no automatic notification, as a reference; or null
 * @param pinned by whose inbox it is
 * @param muted by the same, now
 * @param instead whether it is theirs only because they stand in for somebody
 */
record InboxRow(
    long thread,
    String id,
    Instant activity,
    String last,
    String speaker,
    boolean pinned,
    boolean muted,
    boolean instead) {

  // All threads, by when something may have happened in them last: the end of an index range, be it
  // a draft. Who is in hundreds of threads asks for twenty.
  private static final String LATEST =
      """
      with held as (select array_agg(h) as selves, array_agg(h # (STAND_INS)::bigint) as instead from holders(?, ?) h)
      select h.self, greatest(l.at, coalesce(h.at, h.updated)) as latest
      from (select distinct x.thread from held join thread_participant x on x.participant = any(held.selves || held.instead)) m
      join resource h on h.self = m.thread
      left join lateral (
        select r.at from resource r where r.thread = h.self and r.at is not null
        order by r.at desc limit 1) l on true
      where ?::bigint[] is null or h.self = any(?::bigint[])
      order by 2 desc, 1 desc"""
          .replace("STAND_INS", Long.toString(StandIns.KIND));

  // Each of these threads is a look-up of its header and one of the end of its index range; senders
  // are looked at for the rows of the page only. What has an audience of its own - drafts,
  // refused messages - is no message of the thread.
  private static final String PAGE =
      """
      with held as (select array_agg(h) as selves, array_agg(h # (STAND_INS)::bigint) as instead from holders(?, ?) h),
      mine as (
        select x.thread, held.selves, not bool_or(x.participant = any(held.selves)) as instead
        from held join thread_participant x on x.participant = any(held.selves || held.instead)
        where x.thread = any(?::bigint[])
        group by x.thread, held.selves),
      page as (
        select h.self, h.id, m.instead, l.id as last, coalesce(l.at, h.at, h.updated) as activity
        from mine m join resource h on h.self = m.thread
        left join lateral (
          select r.id, r.at from resource r
          where r.thread = h.self and r.at is not null and r.audience is null and r.body is not null
            and not r.keys && ?::bigint[]
          order by r.at desc, r.self desc limit 1) l on true
        where h.body is not null%s and not h.keys @> '{-8047885002093048093}'
          and exists (select from unnest(m.selves) s, access_grant g
                      where g.holder = s and g.key = any(h.audience) and g.low <= ? and ? < g.high)
          and (?::timestamptz is null or (coalesce(l.at, h.at, h.updated), h.self) < (?::timestamptz, ?::bigint))
          and (?::timestamptz is null or greatest(l.at, h.updated) >= ?::timestamptz)
          and (?::timestamptz is null or greatest(l.at, h.updated) < ?::timestamptz)
        order by 5 desc, 1 desc limit ?)
      select p.*, s.sender, k.pinned, k.muted_until from page p
      left join lateral (
        select r.body::jsonb #>> '{sender,reference}' as sender from resource r
        where r.thread = p.self and r.at is not null and r.audience is null and r.body is not null
          and not r.keys && ?::bigint[]
        order by r.at desc, r.self desc limit 1) s on true
      left join thread_member k on k.person = ? and k.thread = p.self
      order by p.activity desc, p.self desc"""
          .replace("STAND_INS", Long.toString(StandIns.KIND));

  /** Nobody's answer: automatic notifications, recalled messages. */
  private static final long[] NO_ANSWER = {
    Keys.param("Communication", "category") ^ Keys.of("notification"),
    Keys.param("Communication", "status") ^ Keys.of("entered-in-error")
  };

  /** What a proxy does not see of the threads that they see; nothing for others. */
  private static long[] hidden(String person) {
    return person.startsWith("RelatedPerson/") ? Restricted.keys() : new long[0];
  }

  /** A thread, and no later than when something happened in it last. */
  private record Latest(long thread, Instant at) {}

  /**
   * One more than asked for, if there are more.
   *
   * @param among of these threads only; null for all
   */
  static List<InboxRow> page(
      Connection connection, String person, InboxQuery query, long[] among, Instant now)
      throws SQLException {
    List<Latest> all = latest(connection, person, among, now);
    int wanted = query.count() + 1;
    for (int looked = 2 * wanted; ; looked *= 4) {
      List<Latest> some = all.subList(0, Math.min(looked, all.size()));
      List<InboxRow> rows = page(connection, person, query, some, now);
      // What was not looked at is older than all of these.
      if (some.size() == all.size()
          || rows.size() == wanted
              && rows.get(wanted - 1).activity().isAfter(all.get(some.size()).at())) {
        return rows;
      }
    }
  }

  private static List<Latest> latest(
      Connection connection, String person, long[] among, Instant now) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(LATEST)) {
      query.setLong(1, Keys.of(person));
      query.setObject(2, time(now));
      for (int i = 3; i <= 4; i++) {
        if (among == null) {
          query.setNull(i, Types.ARRAY, "_int8");
        } else {
          query.setObject(i, among);
        }
      }
      List<Latest> all = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          all.add(new Latest(row.getLong(1), row.getObject(2, OffsetDateTime.class).toInstant()));
        }
      }
      return all;
    }
  }

  private static List<InboxRow> page(
      Connection connection, String person, InboxQuery query, List<Latest> among, Instant now)
      throws SQLException {
    String sql = PAGE.formatted(" and h.keys && ?::bigint[]".repeat(query.anyOf().size()));
    try (PreparedStatement page = connection.prepareStatement(sql)) {
      int i = 1;
      page.setLong(i++, Keys.of(person));
      page.setObject(i++, time(now));
      page.setObject(i++, among.stream().mapToLong(Latest::thread).toArray());
      page.setObject(i++, hidden(person));
      for (long[] any : query.anyOf()) {
        page.setObject(i++, any);
      }
      page.setObject(i++, time(now));
      page.setObject(i++, time(now));
      InboxQuery.Place after = query.after();
      for (int twice = 0; twice < 2; twice++) {
        set(page, i++, after == null ? null : after.activity());
      }
      page.setLong(i++, after == null ? 0 : after.thread());
      set(page, i++, query.from());
      set(page, i++, query.from());
      set(page, i++, query.until());
      set(page, i++, query.until());
      page.setInt(i++, query.count() + 1);
      page.setObject(
          i++,
          LongStream.concat(LongStream.of(NO_ANSWER), LongStream.of(hidden(person))).toArray());
      page.setLong(i, Keys.of(person));
      List<InboxRow> rows = new ArrayList<>();
      try (ResultSet row = page.executeQuery()) {
        while (row.next()) {
          rows.add(
              new InboxRow(
                  row.getLong("self"),
                  row.getString("id"),
                  row.getObject("activity", OffsetDateTime.class).toInstant(),
                  row.getString("last"),
                  row.getString("sender"),
                  row.getBoolean("pinned"),
                  isAfter(row.getObject("muted_until", OffsetDateTime.class), now),
                  row.getBoolean("instead")));
        }
      }
      return rows;
    }
  }

  private static boolean isAfter(OffsetDateTime until, Instant now) {
    return until != null && until.toInstant().isAfter(now);
  }

  private static void set(PreparedStatement statement, int index, Instant time)
      throws SQLException {
    statement.setObject(index, time == null ? null : time(time), Types.TIMESTAMP_WITH_TIMEZONE);
  }

  private static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  InboxQuery.Place place() {
    return new InboxQuery.Place(activity, thread);
  }
}
