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

  /** The keys under which a row {@code a} is found (V40__audit_keys.sql); one index has them. */
  static final String KEYS =
      "audit_keys(a.patients, a.action, a.agent, a.client, a.recipients, a.type, a.id)";

  private AuditSql() {}
}
