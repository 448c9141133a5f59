// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How much a person may upload: so many files at once on this server, so many bytes in a day on all
 * of them, and none so slowly that it only holds a thread. Systems bring what records they have.
 */
final class Allowance {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final long BYTES_A_SECOND = 1_000;
  private static final int SOON_SECONDS = 10;

  private static final String USED =
      "select bytes from attachment_day where day = ? and person = ?";
  private static final String COUNT =
      """
      insert into attachment_day as d (day, person, bytes) values (?, ?, ?)
      on conflict (day, person) do update set bytes = d.bytes + excluded.bytes""";
  private static final String FORGET = "delete from attachment_day where day < ?";

  private final Database database;
  private final int atOnce;
  private final long aDay;
  private final Clock clock;
  private final Map<String, Integer> going = new ConcurrentHashMap<>();

  /**
   * @param atOnce files of one person
   * @param aDay bytes of one person, from midnight UTC; 0 for any
   */
  Allowance(Database database, int atOnce, long aDay, Clock clock) {
    this.database = database;
    this.atOnce = atOnce;
    this.aDay = aDay;
    this.clock = clock;
  }

  /**
   * An upload that begins; it is counted until it is closed.
   *
   * @param length in bytes, as far as it is known
   * @throws Refusal 429 with Retry-After
   */
  Going begin(Caller caller, long length) {
    if (caller.isSystem()) {
      return new Going(null);
    }
    String person = caller.reference();
    requireBytes(person, Math.max(length, 0));
    if (going.merge(person, 1, Integer::sum) > atOnce) {
      ended(person);
      throw refused(
          "too-many-uploads",
          "%d files at once are the limit; wait until one has gone in".formatted(atOnce),
          SOON_SECONDS);
    }
    return new Going(person);
  }

  private void ended(String person) {
    going.computeIfPresent(person, (who, count) -> count == 1 ? null : count - 1);
  }

  private void requireBytes(String person, long more) {
    if (aDay == 0) {
      return;
    }
    Instant now = clock.instant();
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    long used = database.with(connection -> used(connection, today, person));
    if (used >= aDay || used + more > aDay) {
      Instant midnight = today.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
      throw refused(
          "uploaded-too-much",
          "%d bytes of files in a day are the limit; send this one tomorrow".formatted(aDay),
          Duration.between(now, midnight).toSeconds() + 1);
    }
  }

  private static long used(Connection connection, LocalDate day, String person)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(USED)) {
      query.setObject(1, day);
      query.setString(2, person);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  private static Refusal refused(String reason, String sentence, long seconds) {
    return Refusal.of(429, "throttled", reason, sentence)
        .with("Retry-After", String.valueOf(seconds));
  }

  private void count(String person, long bytes) {
    database.run(
        connection -> {
          Rows.change(
              connection,
              COUNT,
              LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC),
              person,
              bytes);
        });
  }

  /** Forgets the days before this one. */
  void forget(Instant now) {
    database.run(
        connection -> {
          Rows.change(connection, FORGET, LocalDate.ofInstant(now, ZoneOffset.UTC));
        });
  }

  /** One upload. What came in counts, whatever becomes of it. */
  final class Going implements AutoCloseable {
    private final String person;
    private final Instant begun = clock.instant();
    private long bytes;

    private Going(String person) {
      this.person = person;
    }

    /** The same stream, counted. */
    InputStream counted(InputStream in) {
      return new InputStream() {
        @Override
        public int read() throws IOException {
          byte[] one = new byte[1];
          return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
          int read = in.read(into, from, length);
          bytes += Math.max(read, 0);
          requireSpeed();
          return read;
        }
      };
    }

    private void requireSpeed() {
      Duration taken = Duration.between(begun, clock.instant());
      if (taken.compareTo(PATIENCE) > 0 && bytes < taken.toSeconds() * BYTES_A_SECOND) {
        throw Refusal.of(
            408,
            "timeout",
            "upload-too-slow",
            "Fewer than %d bytes a second have come in; try again with a better connection"
                .formatted(BYTES_A_SECOND));
      }
    }

    @Override
    public void close() {
      if (person != null) {
        ended(person);
        if (bytes > 0 && aDay > 0) {
          count(person, bytes);
        }
      }
    }
  }
}
