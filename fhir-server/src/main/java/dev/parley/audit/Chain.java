// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.audit.Seal.Segment;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Checks that the sealed trail is what was sealed: no row changed, missing or inserted. */
public final class Chain {
  private static final int CHUNK = 500;
  private static final byte[] BEGINNING = {};
  private static final String CONTENTS =
      """
      select segment, count(*) entries, %s content from audit where segment between ? and ? group by segment"""
          .formatted(AuditSql.CONTENT);
  private static final String STRAYS =
      """
      select distinct a.segment from audit a
      where not exists (select from audit_segment s where s.number = a.segment) limit 100""";

  private final Seal seal;
  private final int retentionDays;

  /**
   * @param keys as {@code PARLEY_AUDIT_KEY} has them
   * @param retentionDays nothing younger may have been purged
   */
  public Chain(String keys, int retentionDays) {
    this.seal = Seal.of(keys);
    this.retentionDays = retentionDays;
  }

  /**
   * What was found.
   *
   * @param head {@code number:seal} of the last segment, or empty
   * @param faults a sentence each, naming the segment; empty if all is well
   */
  public record Report(
      long segments, long entries, long purged, String head, List<String> faults) {}

  /**
   * Goes through all of it.
   *
   * @param kept a head from earlier, or null
   */
  public Report verify(Connection connection, String kept) throws SQLException {
    List<String> faults = new ArrayList<>();
    long segments = 0;
    long entries = 0;
    long purged = 0;
    boolean keyed = false;
    boolean headSeen = kept == null;
    Segment before = null;
    List<Segment> chunk = Segments.after(connection, Long.MIN_VALUE, CHUNK);
    while (!chunk.isEmpty()) {
      long from = chunk.get(0).number();
      long to = chunk.get(chunk.size() - 1).number();
      Map<Long, Found> contents = contents(connection, from, to);
      for (Segment each : chunk) {
        long expected = before == null ? 1 : before.number() + 1;
        if (each.number() > expected) {
          faults.add("segments %d to %d are missing".formatted(expected, each.number() - 1));
        }
        if (!seal.fits(each, before == null ? BEGINNING : before.seal())) {
          faults.add(
              each.keyed() && !seal.keyed()
                  ? "segment %d is sealed with a key: set PARLEY_AUDIT_KEY".formatted(each.number())
                  : "segment %d does not fit its seal".formatted(each.number()));
        }
        if (keyed && !each.keyed()) {
          faults.add("segment %d is sealed without the key".formatted(each.number()));
        }
        keyed |= each.keyed();
        rows(each, contents.get(each.number()), faults);
        headSeen |= head(each).equals(kept);
        segments++;
        entries += each.purged() == null ? each.entries() : 0;
        purged += each.purged() == null ? 0 : 1;
        before = each;
      }
      chunk = Segments.after(connection, to, CHUNK);
    }
    for (long stray : numbers(connection.prepareStatement(STRAYS))) {
      faults.add("rows were inserted under segment %d, which was never sealed".formatted(stray));
    }
    if (!headSeen) {
      faults.add("no segment has the seal of " + kept);
    }
    return new Report(segments, entries, purged, before == null ? "" : head(before), faults);
  }

  private static String head(Segment segment) {
    return segment.number() + ":" + HexFormat.of().formatHex(segment.seal());
  }

  private record Found(int entries, byte[] content) {}

  private void rows(Segment segment, Found found, List<String> faults) {
    int entries = found == null ? 0 : found.entries();
    if (segment.purged() != null) {
      if (entries > 0) {
        faults.add("segment %d was purged and has rows".formatted(segment.number()));
      }
      Duration age = Duration.between(segment.ended(), segment.purged());
      if (age.toDays() < retentionDays) {
        faults.add("segment %d was purged too early".formatted(segment.number()));
      }
    } else if (entries < segment.entries()) {
      faults.add(
          "segment %d: %d of %d rows are missing"
              .formatted(segment.number(), segment.entries() - entries, segment.entries()));
    } else if (entries > segment.entries()) {
      faults.add(
          "segment %d: %d rows were inserted"
              .formatted(segment.number(), entries - segment.entries()));
    } else if (!Arrays.equals(found.content(), segment.content())) {
      faults.add("segment %d: a row was changed".formatted(segment.number()));
    }
  }

  private static Map<Long, Found> contents(Connection connection, long from, long to)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(CONTENTS)) {
      query.setLong(1, from);
      query.setLong(2, to);
      try (ResultSet row = query.executeQuery()) {
        Map<Long, Found> contents = new HashMap<>();
        while (row.next()) {
          contents.put(row.getLong(1), new Found(row.getInt(2), row.getBytes(3)));
        }
        return contents;
      }
    }
  }

  private static List<Long> numbers(PreparedStatement query) throws SQLException {
    try (query;
        ResultSet row = query.executeQuery()) {
      List<Long> numbers = new ArrayList<>();
      while (row.next()) {
        numbers.add(row.getLong(1));
      }
      return numbers;
    }
  }
}
