// SPDX-License-Identifier: Apache-2.0
package dev.parley.find;

import dev.parley.store.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The days of some messages, which stand in the index as words.
 *
 * @param first days since 1970
 * @param last the same, included
 */
record Days(long first, long last) {
  /** So many of the newest messages at a time; after those all. */
  static final int[] SLICES = {1_000, Integer.MAX_VALUE};

  /** More words than this are not asked for at once. */
  private static final int MOST = 100;

  private static final long SECONDS = 86_400;

  /**
   * The days of the newest messages that the question may find.
   *
   * @param slice which of {@link #SLICES}
   * @return null if they are all, or too many days
   */
  static Days newest(Connection connection, Sql message, Question question, int slice, Clock clock)
      throws SQLException {
    if (SLICES[slice] == Integer.MAX_VALUE) {
      return null;
    }
    Instant until = question.until();
    // Two ends of one range of the index resource_at.
    Sql query =
        Sql.of(
            """
            select (select r.at from resource r where r.type = :message and r.at is not null and r.at <= :until
                    order by r.at desc limit 1),
                   (select r.at from resource r where r.type = :message and r.at is not null and r.at <= :until
                    order by r.at desc offset :count limit 1)""",
            "message",
            message,
            "until",
            until,
            "count",
            SLICES[slice]);
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      OffsetDateTime first = row.getObject(2, OffsetDateTime.class);
      if (first == null || first.toEpochSecond() < SECONDS) {
        return null;
      }
      // What has no date of its own stands under the day of its last change: today, or tomorrow by
      // the clock of another server.
      long newest = day(row.getObject(1, OffsetDateTime.class).toInstant());
      long now = Math.min(day(clock.instant()) + 1, day(until));
      Days days = new Days(day(first.toInstant()), Math.max(newest, now));
      return days.last - days.first < MOST ? days : null;
    }
  }

  /** As the index has it: what is before 1970 is cut toward it. */
  private static long day(Instant at) {
    return at.getEpochSecond() / SECONDS;
  }

  /** When the first of them began. */
  Instant began() {
    return Instant.ofEpochSecond(first * SECONDS);
  }

  /** A tsquery, of these days only. */
  String and(String words) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(day -> "'~d" + day + "'")
        .collect(Collectors.joining(" | ", "(" + words + ") & (", ")"));
  }
}
