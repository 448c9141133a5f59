// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.access.Caller;
import dev.parley.feed.Readership;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.Restricted;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts what people have not read: numbered messages of threads in which they take part now and
 * which they may see, from when they may see them; not their own, not recalled, not read. Counted
 * when asked, for any number of people in one statement: docs/decisions/0006-unread-counters.md.
 */
final class Unread implements Readership {
  /** Of one thread; more are told as so many. */
  static final int MOST = 1_000;

  // Who takes part by whatever role or team; then only threads that have gone on since the mark;
  // then whether the audience keys of the header are still held, as Visibility asks it. Restricted
  // messages are looked for in a proxy's threads only.
  private static final String COUNT =
      """
      with recursive held(person, self) as (
        select p, p from unnest(?::bigint[]) p
        union
        select h.person, g.team from held h join access_grant g on g.holder = h.self
          where g.team is not null and g.low <= ? and ? < g.high),
      holder as (
        select person, array_agg(self) as selves, exists (
            select from resource p join resource_type y on y.code = p.type
            where p.self = person and y.name = 'RelatedPerson') as proxy
        from held group by person),
      part as (
        select distinct h.person, h.selves, h.proxy, x.thread
        from holder h join thread_participant x on x.participant = any(h.selves)
        where ?::bigint[] is null or x.thread = any(?::bigint[])),
      behind as (
        select p.*, coalesce(k.number, 0) as mark
        from part p left join read_mark k on k.person = p.person and k.thread = p.thread
        cross join lateral (
          select number from thread_message m where m.thread = p.thread order by number desc limit 1) l
        where l.number > coalesce(k.number, 0)),
      seen as (
        select b.person, b.proxy, b.thread, b.mark, s.since from behind b cross join lateral (
          select min(coalesce(g.since, '-infinity')) as since
          from resource t, unnest(b.selves) h, access_grant g
          where t.self = b.thread and t.body is not null and not t.keys @> '{-8047885002093048093}'
            and g.holder = h and g.key = any(t.audience) and g.low <= ? and ? < g.high) s
        where s.since is not null)
      select person, thread, false as asked, (
          select count(*) from (
            select from thread_message m
            where m.thread = s.thread and m.number > s.mark and m.at >= s.since and %s
              and not (s.proxy and exists (
                select from resource r where r.self = m.self and r.keys && ?::bigint[]))
            limit %d) u) as unread
      from seen s
      union all
      select person, thread, true, 0 from part where thread = any(?)"""
          .formatted(ReceiptSql.unread("s.person"), MOST);

  private final References references;
  private final Arrivals arrivals;
  private final Clock clock;

  Unread(References references, Arrivals arrivals, Clock clock) {
    this.references = references;
    this.arrivals = arrivals;
    this.clock = clock;
  }

  /** Of one person. */
  static final class Counts {
    private final Map<Long, Integer> threads = new HashMap<>();
    private int all;

    /** Null if the person does not take part, or it was not asked for and there is nothing. */
    Integer in(long thread) {
      return threads.get(thread);
    }

    int all() {
      return all;
    }

    /** Those with something unread. */
    long[] unreadThreads() {
      return threads.entrySet().stream()
          .filter(each -> each.getValue() > 0)
          .mapToLong(Map.Entry::getKey)
          .toArray();
    }

    private void add(long thread, int unread) {
      threads.merge(thread, unread, Integer::sum);
      all += unread;
    }
  }

  /**
   * The counters of some people.
   *
   * @param persons their selfs
   * @param threads of which it is told also that somebody takes part and has nothing to read
   */
  Map<Long, Counts> of(Connection connection, Collection<Long> persons, Collection<Long> threads)
      throws SQLException {
    return of(connection, persons, threads, null);
  }

  /** The counters of one person in these threads only. */
  Counts in(Connection connection, long person, long[] threads) throws SQLException {
    return of(connection, List.of(person), List.of(), threads).get(person);
  }

  private Map<Long, Counts> of(
      Connection connection, Collection<Long> persons, Collection<Long> threads, long[] only)
      throws SQLException {
    Map<Long, Counts> counts = new HashMap<>();
    persons.forEach(person -> counts.put(person, new Counts()));
    OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
    try (PreparedStatement query = connection.prepareStatement(COUNT)) {
      query.setObject(1, persons.stream().mapToLong(Long::longValue).toArray());
      query.setObject(2, now);
      query.setObject(3, now);
      for (int i = 4; i <= 5; i++) {
        if (only == null) {
          query.setNull(i, Types.ARRAY, "_int8");
        } else {
          query.setObject(i, only);
        }
      }
      query.setObject(6, now);
      query.setObject(7, now);
      query.setObject(8, Restricted.keys());
      query.setObject(9, threads.stream().mapToLong(Long::longValue).toArray());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          counts.get(row.getLong(1)).add(row.getLong(2), row.getInt(4));
        }
      }
    }
    return counts;
  }

  @Override
  public List<Own> of(Connection connection, List<Asked> asked) throws SQLException {
    Map<Long, List<Long>> people = new LinkedHashMap<>();
    Map<Long, List<ReceiptRow>> receipts = new HashMap<>();
    List<Long> threads = new ArrayList<>();
    List<Long> changed = new ArrayList<>();
    for (Asked each : asked) {
      if (counts(each.reader())) {
        people
            .computeIfAbsent(Keys.of(each.reader().reference()), p -> new ArrayList<>())
            .add(each.thread());
        threads.add(each.thread());
      }
      if (!each.fresh() && each.json() != null) {
        changed.add(each.message());
      }
    }
    Map<Long, Counts> counts =
        people.isEmpty()
            ? Map.of()
            : of(connection, people.keySet(), threads.stream().distinct().toList());
    if (!changed.isEmpty()) {
      long[] messages = changed.stream().mapToLong(Long::longValue).distinct().toArray();
      receipts.putAll(ShownReceipts.of(connection, messages, Caller.SYSTEM));
    }
    List<Own> own = new ArrayList<>(asked.size());
    for (Asked each : asked) {
      Counts its = counts.get(Keys.of(each.reader().reference()));
      List<ReceiptRow> rows = each.fresh() ? List.of() : receipts.get(each.message());
      own.add(
          new Own(
              rows == null || rows.isEmpty() || each.json() == null ? null : with(rows, each, its),
              its == null ? null : new Readership.Unread(its.in(each.thread()), its.all())));
    }
    return own;
  }

  private String with(List<ReceiptRow> rows, Asked asked, Counts counts) {
    MessageText text = new MessageText(asked.json(), references);
    long person = Keys.of(asked.reader().reference());
    boolean knowsOthers =
        asked.reader().isSystem()
            || text.sender() != null && text.sender() == person
            || asked.reader().kind() == Caller.Kind.STAFF
                && counts != null
                && counts.in(asked.thread()) != null;
    List<ReceiptRow> visible = ShownReceipts.visible(rows, person, knowsOthers);
    return visible.isEmpty() ? null : text.with(visible);
  }

  /** A person to whom the token delegates all of their messages: a part of them has no counter. */
  private static boolean counts(Caller reader) {
    return !reader.isSystem()
        && reader.scopes().covering("Communication", 'r').stream()
            .anyMatch(grant -> !grant.context().equals("patient") && grant.query().isEmpty());
  }

  @Override
  public void got(Caller reader, long message) {
    arrivals.got(reader, message);
  }
}
