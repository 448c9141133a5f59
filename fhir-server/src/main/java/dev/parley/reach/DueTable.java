// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.db.Rows;
import dev.parley.store.References;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The table {@code reach_due}: numbered messages that have to be looked at. */
final class DueTable {
  private static final String TAKE =
      """
      with due as (
        select message from reach_due where stage = 0 and due <= ? order by due limit ? for update skip locked),
      taken as (
        delete from reach_due d using due where d.message = due.message and d.stage = 0 returning d.message)
      select t.message, m.at, r.body::jsonb ->> 'priority' in ('stat', 'urgent')
          or r.body::jsonb @> '{"extension":[{"url":"https://parley.dev/fhir/StructureDefinition/acknowledge","valueBoolean":true}]}',
        array(select e #>> '{valueReference,reference}' from jsonb_array_elements(r.body::jsonb -> 'extension') e
              where e ->> 'url' = 'https://parley.dev/fhir/StructureDefinition/mention'),
        not exists (select from resource w where w.self = m.sender and w.type = any(p.types))
          and exists (select from thread_participant x join resource w on w.self = x.participant
                      where x.thread = m.thread and w.type = any(p.types))
          and not r.body::jsonb @> '{"extension":[{"url":"https://parley.dev/fhir/StructureDefinition/automatic"}]}'
      from (select array(select code from resource_type where name in ('Patient', 'RelatedPerson')) as types) p,
        taken t join thread_message m on m.self = t.message and not m.gone
      join resource r on r.self = t.message and r.body is not null\
      """;

  // Down from who takes part to the people in roles, teams and pools; then who of them may see it.
  private static final String HEARERS =
      """
      with recursive asked as materialized (
        select a.message, m.thread, m.sender,
          audience_holders(coalesce(r.audience, h.audience), ?, m.at) as holders
        from unnest(?::bigint[]) a(message) join thread_message m on m.self = a.message
        join resource r on r.self = a.message join resource h on h.self = m.thread),
      inside(message, self) as (
        select a.message, p.participant from asked a join thread_participant p on p.thread = a.thread
        union
        select i.message, g.holder from inside i join access_grant g on g.team = i.self
          where g.low <= ? and ? < g.high)
      select a.message, w.self, t.name || '/' || w.id, coalesce(k.muted_until > ?, false)
      from asked a join inside i on i.message = a.message and i.self <> a.sender and i.self = any(a.holders)
      join resource w on w.self = i.self and w.body is not null
      join resource_type t on t.code = w.type and t.name in ('Practitioner', 'Patient', 'RelatedPerson')
      left join receipt c on c.message = a.message and c.person = i.self
      left join thread_member k on k.thread = a.thread and k.person = i.self
      where c.delivered is null and c.read is null\
      """;

  private final References references;

  DueTable(References references) {
    this.references = references;
  }

  /** Takes those that are due off the table; recalled and deleted ones are dropped. */
  List<Due> take(Connection connection, Instant until, int most) throws SQLException {
    return Rows.list(
        connection,
        TAKE,
        row ->
            new Due(
                row.getLong(1),
                row.getObject(2, OffsetDateTime.class).toInstant(),
                row.getBoolean(3),
                selfs(row.getArray(4)),
                row.getBoolean(5)),
        until,
        most);
  }

  private Set<Long> selfs(Array named) throws SQLException {
    return Arrays.stream((String[]) named.getArray())
        .filter(each -> each != null)
        .flatMap(each -> references.local(each).stream())
        .map(References.Local::self)
        .collect(Collectors.toSet());
  }

  static List<Due.Hearer> hearers(Connection connection, Collection<Due> messages, Instant now)
      throws SQLException {
    List<Due.Hearer> hearers = new ArrayList<>();
    if (messages.isEmpty()) {
      return hearers;
    }
    OffsetDateTime at = now.atOffset(ZoneOffset.UTC);
    try (PreparedStatement query = connection.prepareStatement(HEARERS)) {
      query.setObject(1, at);
      query.setObject(2, messages.stream().mapToLong(Due::message).toArray());
      for (int i = 3; i <= 5; i++) {
        query.setObject(i, at);
      }
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          hearers.add(
              new Due.Hearer(row.getLong(1), row.getLong(2), row.getString(3), row.getBoolean(4)));
        }
      }
    }
    return hearers;
  }
}
