// SPDX-License-Identifier: Apache-2.0
package dev.parley.presence;

import dev.parley.db.Database;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who of some people shares a conversation: takes part in it now, by whatever role or team, and may
 * see it by the audience keys of its header.
 */
public final class Company {
  private static final String HELD =
      """
      with recursive held(person, self) as (
        select p, p from unnest(?::bigint[]) p
        union
        select h.person, g.team from held h join access_grant g on g.holder = h.self
          where g.team is not null and g.low <= ? and ? < g.high)
      """;

  private static final String SEES =
      """
      exists (select from resource t, held s, access_grant g
              where t.self = %s and t.body is not null and s.person = %s and g.holder = s.self
                and g.key = any(t.audience) and g.low <= ? and ? < g.high)""";

  private static final String IN_THREAD =
      HELD
          + """
          select distinct h.person from held h join thread_participant x on x.participant = h.self
          where x.thread = ?"""
          + " and "
          + SEES.formatted("x.thread", "h.person");

  private static final String SHARING =
      HELD
          + """
          select distinct o.person
          from held me join thread_participant x on x.participant = me.self
          join thread_participant y on y.thread = x.thread
          join held o on o.self = y.participant and o.person <> me.person
          where me.person = ?"""
          + " and "
          + SEES.formatted("x.thread", "me.person")
          + " and "
          + SEES.formatted("x.thread", "o.person");

  private final Database database;
  private final Clock clock;

  public Company(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Those of these persons who take part in a thread. */
  public Set<String> inThread(String thread, Collection<String> persons) throws SQLException {
    return among(IN_THREAD, Keys.of(thread), persons, 1);
  }

  /** Those of these persons who share a thread with somebody. */
  public Set<String> sharing(String person, Collection<String> persons) throws SQLException {
    Set<String> all = new HashSet<>(persons);
    all.add(person);
    return among(SHARING, Keys.of(person), all, 2);
  }

  private Set<String> among(String sql, long about, Collection<String> persons, int looks)
      throws SQLException {
    Map<Long, String> names = new HashMap<>();
    persons.forEach(person -> names.put(Keys.of(person), person));
    OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
    Set<String> found = new HashSet<>();
    try (Connection connection = database.connection();
        PreparedStatement query = connection.prepareStatement(sql)) {
      query.setObject(1, names.keySet().stream().mapToLong(Long::longValue).toArray());
      query.setObject(2, now);
      query.setObject(3, now);
      query.setLong(4, about);
      for (int i = 0; i < 2 * looks; i++) {
        query.setObject(5 + i, now);
      }
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.add(names.get(row.getLong(1)));
        }
      }
    }
    return found;
  }
}
