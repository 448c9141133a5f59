// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.db.Rows;
import dev.parley.store.Chart;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Reference;

/**
 * Who may have come to know what a message said, by the audit trail: to whom it was pushed, who
 * read it, whose search about the patient may have shown it, who fetched what was attached.
 *
 * @param who a person ("Practitioner/1"), or a system client ("client ehr")
 * @param how delivered, read, acknowledged, found or downloaded
 * @param first when for the first time
 */
record Exposure(String who, String how, Instant first) {
  /**
   * What is sealed is found by the keys of AuditSql; what is not yet sealed is a second's worth. Of
   * a search the trail knows whom it concerned, not which messages it showed.
   */
  private static final String SQL =
      """
      with t as (select code, name from resource_type where name in ('Communication', 'Binary')),
      trail as (
        select a.action, a.agent, a.client, a.at, a.type, a.id, a.patients, a.query, a.recipients
        from audit a
        where audit_keys(a.patients, a.action, a.agent, a.client, a.recipients, a.type, a.id) && (array(
                select hashtextextended('entity ' || t.code || ' ' || e.id, 0)
                from unnest(?::text[], ?::text[]) e(type, id) join t on t.name = e.type)
              || hashtextextended('patient ' || ?, 0))
          and a.at >= ? and a.outcome = 0
        union all
        select action, agent, client, at, type, id, patients, query, recipients
        from audit_inbox where at >= ? and outcome = 0),
      seen as (
        select case when r like 'system %' then 'client ' || split_part(r, ' ', 3) else split_part(r, ' ', 1) end as who,
               'delivered' as how, at
        from trail, unnest(recipients) r, t
        where action = 'push' and trail.type = t.code and t.name = 'Communication' and id = ?
        union all
        select case when agent = 'system' then 'client ' || client else agent end,
               case when t.name = 'Binary' or action = 'download' then 'downloaded' else 'read' end, at
        from trail join t on t.code = trail.type
        where action in ('read', 'vread', 'history', 'download') and id = any(?)
        union all
        select r.who, w.how, w.at from receipt r, lateral (values
            ('delivered', r.delivered), ('read', case when not r.hidden then r.read end), ('acknowledged', r.acknowledged)) w(how, at)
        where r.message = ? and w.at is not null
        union all
        select case when agent = 'system' then 'client ' || client else agent end, 'found', at
        from trail
        where action in ('search', 'history') and id is null and ? = any(patients)
          and (query is null or query ~ '^(Communication|\\*|\\?)|/(Communication|\\*)|_(rev)?include'))
      select who, how, min(at) from seen where who <> ? and who <> 'client parley' group by who, how
      order by min(at), who, how""";

  /** A thread's time may be ahead of the clock of the server that somebody read from. */
  private static final Duration SKEW = Duration.ofMinutes(1);

  /**
   * @param id of the message
   * @param message as it was before it was taken back
   * @param but whoever sent it
   */
  static List<Exposure> of(
      Connection connection, Chart chart, String id, Communication message, String but)
      throws SQLException {
    List<String> types = new ArrayList<>(List.of("Communication"));
    List<String> ids = new ArrayList<>(List.of(id));
    for (String binary : binaries(message, chart)) {
      types.add("Binary");
      ids.add(binary);
    }
    String patient =
        chart
            .local(message.getSubject())
            .filter(s -> s.startsWith("Patient/"))
            .map(s -> s.substring("Patient/".length()))
            .orElse("");
    Instant since = message.hasSent() ? message.getSent().toInstant().minus(SKEW) : Instant.EPOCH;
    return Rows.list(
        connection,
        SQL,
        row ->
            new Exposure(
                row.getString(1),
                row.getString(2),
                row.getObject(3, OffsetDateTime.class).toInstant()),
        types.toArray(String[]::new),
        ids.toArray(String[]::new),
        patient,
        since,
        since,
        id,
        ids.toArray(String[]::new),
        Keys.self("Communication", id),
        patient,
        but);
  }

  /** Of a message and of what was forwarded of it. */
  static List<Exposure> ofAll(
      Connection connection, Chart chart, Map<String, Communication> messages, String but)
      throws SQLException {
    List<Exposure> all = new ArrayList<>();
    for (Map.Entry<String, Communication> each : messages.entrySet()) {
      all.addAll(of(connection, chart, each.getKey(), each.getValue(), but));
    }
    return all;
  }

  private static List<String> binaries(Communication message, Chart chart) {
    List<String> ids = new ArrayList<>();
    for (CommunicationPayloadComponent part : message.getPayload()) {
      Reference reference =
          part.getContent() instanceof Attachment attachment
              ? new Reference(attachment.getUrl())
              : part.getContent() instanceof Reference given ? given : null;
      chart
          .local(reference)
          .filter(r -> r.startsWith("Binary/"))
          .ifPresent(r -> ids.add(r.substring("Binary/".length())));
    }
    return ids;
  }

  /** By person: how, and when for the first time. */
  static Map<String, Map<String, Instant>> byPerson(List<Exposure> all) {
    Map<String, Map<String, Instant>> people = new TreeMap<>();
    all.forEach(
        e ->
            people
                .computeIfAbsent(e.who, w -> new TreeMap<>())
                .merge(e.how, e.first, (a, b) -> a.isBefore(b) ? a : b));
    return people;
  }
}
