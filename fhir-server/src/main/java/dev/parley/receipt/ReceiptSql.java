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
   * Tells of messages as they stand, in events of the log without new versions. One parameter, the
   * time.
   *
   * @param audience SQL of the selfs of the persons who hear it
   * @param messages SQL that has a column "message", called n
   */
  static String event(String audience, String messages) {
    return """
        insert into event (at, self, thread, version, type, kind, id, keys, was, audience)
        select ?, e.self, e.thread, e.version, e.type, 'U', e.id, e.keys, e.keys, %s
        from %s n join resource e on e.self = n.message and e.body is not null"""
        .formatted(audience, messages);
  }
}
