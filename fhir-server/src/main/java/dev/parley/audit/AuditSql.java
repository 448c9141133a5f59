// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

/** SQL that sealing and verifying have to agree on, over the columns of {@code audit}. */
final class AuditSql {
  /** What is sealed of a row: all of it, in one form whatever the session's settings. */
  static final String TEXT =
      """
      json_build_array(position, (extract(epoch from at) * 1000000)::bigint, action, agent, client, session, purpose,
        note, address, request, type, id, version, query, patients, outcome, reason, recipients)::text""";

  /** Over the rows of a segment, whose columns are in scope. */
  static final String CONTENT =
      "sha256(convert_to(string_agg(" + TEXT + ", E'\\n' order by position), 'UTF8'))";

  /** The keys under which a row {@code a} is found: patients, who did it or got it, and what. */
  static final String KEYS =
      """
      select hashtextextended('patient ' || p, 0) as key from unnest(a.patients) p
      union select hashtextextended(case when a.agent = 'system' then 'client ' || a.client
                                         else 'agent ' || a.agent end, 0) where a.action <> 'push'
      union select hashtextextended(case when r like 'system %' then 'client ' || substr(r, strpos(substr(r, 8), ' ') + 8)
                                         else 'agent ' || split_part(r, ' ', 1) end, 0) from unnest(a.recipients) r
      union select hashtextextended('entity ' || a.type || ' ' || a.id, 0) where a.id is not null""";

  private AuditSql() {}
}
