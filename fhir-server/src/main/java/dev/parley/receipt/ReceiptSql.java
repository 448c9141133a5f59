// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.store.Keys;

/** Pieces of SQL that several statements have in common. */
final class ReceiptSql {
  private static final long RECIPIENT = Keys.param("Communication", "recipient");

  /** Whether a message {@code m} is one that person {@code p} has not read; own ones are read. */
  private static final String UNREAD =
      """
      m.sender <> %1$s and not m.gone and not exists (
        select from receipt c where c.message = m.self and c.person = %1$s
          and c.read is not null and not c.again)""";

  private ReceiptSql() {}

  static String unread(String person) {
    return UNREAD.formatted(person);
  }

  /**
   * The recipient of a message that is this person, or a role, team or pool that they are in; one
   * parameter, the time.
   */
  static String via(String message, String person) {
    return """
        (select w from resource r, unnest(r.who) w
         where r.self = %1$s and r.keys @> array[%3$d # w] and w = any(array(select holders(%2$s, ?)))
         order by w <> %2$s limit 1)"""
        .formatted(message, person, RECIPIENT);
  }

  /**
   * From when on somebody sees the messages of a thread, as Visibility has it; null if none. Three
   * parameters, each the time.
   */
  static String since(String thread, String person) {
    return """
        (select min(coalesce(g.since, '-infinity')) from resource t, access_grant g
         where t.self = %s and g.holder = any(array(select holders(%s, ?)))
           and g.key = any(t.audience) and g.low <= ? and ? < g.high)"""
        .formatted(thread, person);
  }

  /**
   * Tells of messages as they stand, in events of the log without new versions; only those hear it
   * who see the message now. One parameter, the time.
   *
   * @param audience SQL of the selfs of the persons whom it concerns
   * @param messages SQL that has a column "message", called n
   */
  static String event(String audience, String messages) {
    return """
        insert into event (at, self, thread, version, type, kind, id, keys, was, audience)
        select o.now, e.self, e.thread, e.version, e.type, 'U', e.id, e.keys, e.keys, array(
          select p from unnest(o.concerned) p where exists (
            select from access_grant g
            where g.holder = any(array(select holders(p, o.now))) and g.key = any(coalesce(e.audience, h.audience))
              and g.low <= o.now and o.now < g.high
              and (g.since is null or g.since <= coalesce(e.at, e.updated))))
        from (select ?::timestamptz as now, n.message, %s as concerned from %s n) o
        join resource e on e.self = o.message and e.body is not null
        left join resource h on h.self = e.thread"""
        .formatted(audience, messages);
  }
}
