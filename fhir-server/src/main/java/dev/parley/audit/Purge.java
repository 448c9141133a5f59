// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.db.Database;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** Removes what is older than it has to be kept, a segment at a time; a hold keeps its segments. */
public final class Purge {
  private static final int CHUNK = 200;
  private static final String HELD =
      "s.number in (select a.segment from audit a where %s && array(%s))"
          .formatted(AuditSql.KEYS, Holds.KEYS);
  private static final String REPORT =
      """
      select count(*) filter (where not held), coalesce(sum(entries) filter (where not held), 0),
             count(*) filter (where held), min(number) filter (where not held), max(number) filter (where not held)
      from (select s.number, s.entries, %s as held from audit_segment s where s.purged is null and s.ended < ?) d"""
          .formatted(HELD);
  private static final String DUE =
      """
      select coalesce(array_agg(number), '{}') from (
        select s.number from audit_segment s where s.purged is null and s.ended < ? and not (%s)
        order by s.number limit %d) d"""
          .formatted(HELD, CHUNK);
  private static final String WHOLE_MONTHS =
      """
      select month from audit_segment s group by month
      having bool_and(s.ended < ? and (s.purged is not null or not (%s))) and bool_or(s.purged is null)
        and to_regclass('audit_' || month) is not null"""
          .formatted(HELD);

  private Purge() {}

  /**
   * What was removed, or would be.
   *
   * @param before everything that ended before this moment
   * @param held segments that are older and stay because of a hold
   */
  public record Report(
      Instant before, long segments, long entries, long held, long first, long last) {}

  /**
   * Removes, and leaves a row that says so. The seals stay: the chain can be verified after it.
   *
   * @param dry only reports
   */
  public static Report run(Connection connection, int retentionDays, Instant now, boolean dry)
      throws SQLException {
    Instant before = now.minus(Duration.ofDays(retentionDays));
    Report report = report(connection, before);
    if (dry || report.segments() == 0) {
      return report;
    }
    for (int month : wholeMonths(connection, before)) {
      drop(connection, month, now);
    }
    while (chunk(connection, before, now)) {
      // each a transaction of its own: the feed's horizon waits for none of them long
    }
    Holds.record(
        connection,
        now,
        "purge",
        null,
        "%d rows of segments %d to %d, %d segments held"
            .formatted(report.entries(), report.first(), report.last(), report.held()),
        null);
    return report;
  }

  private static Report report(Connection connection, Instant before) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(REPORT)) {
      query.setObject(1, time(before));
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return new Report(
            before, row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5));
      }
    }
  }

  private static List<Integer> wholeMonths(Connection connection, Instant before)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(WHOLE_MONTHS)) {
      query.setObject(1, time(before));
      try (ResultSet row = query.executeQuery()) {
        List<Integer> months = new ArrayList<>();
        while (row.next()) {
          months.add(row.getInt(1));
        }
        return months;
      }
    }
  }

  /** A month without holds goes at once: its partitions are dropped. */
  private static void drop(Connection connection, int month, Instant now) throws SQLException {
    Database.transaction(
        connection,
        c -> {
          try (Statement statement = connection.createStatement();
              PreparedStatement mark =
                  connection.prepareStatement(
                      "update audit_segment set purged = ? where month = ? and purged is null")) {
            statement.execute("set local lock_timeout = '5s'");
            statement.execute("drop table audit_" + month);
            mark.setObject(1, time(now));
            mark.setInt(2, month);
            return mark.executeUpdate();
          }
        });
  }

  private static boolean chunk(Connection connection, Instant before, Instant now)
      throws SQLException {
    Array due;
    try (PreparedStatement query = connection.prepareStatement(DUE)) {
      query.setObject(1, time(before));
      try (ResultSet row = query.executeQuery()) {
        row.next();
        due = row.getArray(1);
      }
    }
    if (((Object[]) due.getArray()).length == 0) {
      return false;
    }
    Database.transaction(
        connection,
        c -> {
          run(connection, "delete from audit where segment = any(?)", due);
          try (PreparedStatement mark =
              connection.prepareStatement(
                  "update audit_segment set purged = ? where number = any(?)")) {
            mark.setObject(1, time(now));
            mark.setArray(2, due);
            return mark.executeUpdate();
          }
        });
    return true;
  }

  private static void run(Connection connection, String sql, Array segments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, segments);
      statement.executeUpdate();
    }
  }

  private static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
