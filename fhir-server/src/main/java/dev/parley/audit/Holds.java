// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** Legal holds: about whom, by whom or of what no row is purged (G-31). */
public final class Holds {
  /** The keys that rows under a hold have ({@link AuditSql#KEYS}). */
  static final String KEYS =
      """
      select hashtextextended('agent ' || reference, 0) from audit_hold
      union select hashtextextended('patient ' || substr(reference, 9), 0) from audit_hold where reference like 'Patient/%'
      union select hashtextextended('entity ' || t.code || ' ' || split_part(h.reference, '/', 2), 0)
        from audit_hold h join resource_type t on t.name = split_part(h.reference, '/', 1)""";

  private static final String RECORD =
      """
      insert into audit_inbox (at, action, agent, client, note, type, id, query, patients)
      select ?, ?, 'system', ?, ?, t.code, ?, ?, case when t.name = 'Patient' then array[?] else '{}' end
      from (select 1) one left join resource_type t on t.name = ?""";

  private Holds() {}

  /** One hold. */
  public record Hold(String reference, String reason, Instant placed) {}

  /**
   * Places a hold, or gives it another reason.
   *
   * @param reference "Patient/1"
   */
  public static void place(Connection connection, String reference, String reason, Instant now)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into audit_hold (reference, reason, placed) values (?, ?, ?)"
                + " on conflict (reference) do update set reason = excluded.reason")) {
      insert.setString(1, reference);
      insert.setString(2, reason);
      insert.setObject(3, now.atOffset(ZoneOffset.UTC));
      insert.executeUpdate();
    }
    record(connection, now, "hold", reference, "placed", reason);
  }

  /** Whether there was one. */
  public static boolean release(Connection connection, String reference, Instant now)
      throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("delete from audit_hold where reference = ?")) {
      delete.setString(1, reference);
      if (delete.executeUpdate() == 0) {
        return false;
      }
    }
    record(connection, now, "hold", reference, "released", null);
    return true;
  }

  public static List<Hold> all(Connection connection) throws SQLException {
    try (PreparedStatement query =
            connection.prepareStatement(
                "select reference, reason, placed from audit_hold order by placed");
        ResultSet row = query.executeQuery()) {
      List<Hold> holds = new ArrayList<>();
      while (row.next()) {
        holds.add(
            new Hold(
                row.getString(1),
                row.getString(2),
                row.getObject(3, OffsetDateTime.class).toInstant()));
      }
      return holds;
    }
  }

  /** What is done to the trail is in the trail. */
  static void record(
      Connection connection,
      Instant now,
      String action,
      String reference,
      String what,
      String reason)
      throws SQLException {
    String[] words = reference == null ? new String[] {null, null} : reference.split("/", 2);
    try (PreparedStatement insert = connection.prepareStatement(RECORD)) {
      insert.setObject(1, now.atOffset(ZoneOffset.UTC));
      insert.setString(2, action);
      insert.setString(3, "parley");
      insert.setString(4, reason);
      insert.setString(5, words[1]);
      insert.setString(6, what);
      insert.setString(7, words[1]);
      insert.setString(8, words[0]);
      insert.executeUpdate();
    }
  }
}
