// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.store.Trace.Action;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;

/**
 * A sealed row. It stands for an AuditEvent for each patient and, of a push, each recipient.
 *
 * @param type of the resource it is about, or null
 */
record AuditRow(
    int month,
    long segment,
    int position,
    Instant at,
    Action action,
    String agent,
    String client,
    String session,
    String purpose,
    String note,
    String address,
    String request,
    String type,
    String id,
    Integer version,
    String query,
    List<String> patients,
    int outcome,
    String reason,
    List<String> recipients) {

  static final String COLUMNS = "a.*, t.name as type_name";
  static final String JOIN = " left join resource_type t on t.code = a.type";

  static AuditRow read(ResultSet row) throws SQLException {
    return new AuditRow(
        row.getInt("month"),
        row.getLong("segment"),
        row.getInt("position"),
        row.getObject("at", OffsetDateTime.class).toInstant(),
        Action.of(row.getString("action")),
        row.getString("agent"),
        row.getString("client"),
        row.getString("session"),
        row.getString("purpose"),
        row.getString("note"),
        row.getString("address"),
        row.getString("request"),
        row.getString("type_name"),
        row.getString("id"),
        row.getObject("version", Integer.class),
        row.getString("query"),
        List.of((String[]) row.getArray("patients").getArray()),
        row.getInt("outcome"),
        row.getString("reason"),
        List.of((String[]) row.getArray("recipients").getArray()));
  }

  /** Whether access was denied, rather than something else went wrong. */
  boolean denied() {
    return outcome == 8;
  }

  int parts() {
    return Math.max(1, patients.size()) * Math.max(1, recipients.size());
  }

  /** The patient of one of the events, or null. */
  String patient(int part) {
    return patients.isEmpty() ? null : patients.get(part % patients.size());
  }

  /** Who did it, or who got it in one of the events of a push. */
  Agent agent(int part) {
    if (recipients.isEmpty()) {
      return new Agent(agent, client, null);
    }
    String[] words = recipients.get(part / Math.max(1, patients.size())).split(" ", 3);
    return new Agent(words[0], words[2], words[1]);
  }

  /**
   * A person with their software.
   *
   * @param reference "system" for a client that is no person
   * @param subscription by which it was pushed, or null
   */
  record Agent(String reference, String client, String subscription) {
    boolean isPerson() {
      return reference.indexOf('/') > 0;
    }
  }

  /** The id of one of its events. */
  String eventId(int part) {
    return month + "-" + segment + "-" + position + "-" + part;
  }
}
