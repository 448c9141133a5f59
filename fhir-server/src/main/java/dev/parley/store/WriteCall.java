// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.postgresql.util.PSQLException;

/** The call of {@code write_resource} (V1__store.sql): a whole write in one statement. */
final class WriteCall {
  /** A message has no value rows: its call carries no empty arrays. */
  private static final String WITHOUT_VALUES =
      """
      select new_version, new_updated from write_resource(
        ?, ?, ?, ?, ?, ?, ?::"char", ?, ?, ?, ?, ?, ?, ?)""";

  private static final String WITH_VALUES =
      """
      select new_version, new_updated from write_resource(
        ?, ?, ?, ?, ?, ?, ?::"char", ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

  private static final OffsetDateTime OPEN_START = OffsetDateTime.MIN;
  private static final OffsetDateTime OPEN_END = OffsetDateTime.MAX;
  private static final Long[] NONE = {};

  private final ResourceTypes types;

  WriteCall(ResourceTypes types) {
    this.types = types;
  }

  /**
   * Writes one version.
   *
   * @param locks advisory locks to take first, sorted; empty if they are held already
   * @param expected 0 if it must not exist, n if it must be at version n, null for either
   */
  StoredResource write(
      Connection connection,
      long[] locks,
      Integer expected,
      Change.Kind kind,
      String type,
      String id,
      Instant now,
      IndexValues values,
      String text)
      throws SQLException {
    boolean rows =
        !(values.strings().isEmpty() && values.dates().isEmpty() && values.numbers().isEmpty());
    try (PreparedStatement call =
        connection.prepareStatement(rows ? WITH_VALUES : WITHOUT_VALUES)) {
      call.setObject(1, locks);
      call.setObject(2, expected, java.sql.Types.INTEGER);
      call.setObject(
          3, values.required().stream().mapToLong(Keys::of).sorted().distinct().toArray());
      call.setLong(4, Keys.self(type, id));
      call.setShort(5, types.code(type));
      call.setString(6, id);
      call.setString(7, String.valueOf(kind.letter()));
      call.setObject(8, time(now));
      call.setObject(
          9,
          values.at() == null ? null : time(values.at()),
          java.sql.Types.TIMESTAMP_WITH_TIMEZONE);
      call.setObject(10, values.thread(), java.sql.Types.BIGINT);
      call.setObject(11, values.keys());
      call.setObject(12, values.who());
      call.setObject(13, new long[0]);
      call.setString(14, text);
      if (rows) {
        setRows(call, values);
      }
      try (ResultSet row = call.executeQuery()) {
        row.next();
        Instant updated = row.getObject(2, OffsetDateTime.class).toInstant();
        return new StoredResource(type, id, row.getInt(1), updated, kind, text);
      }
    } catch (PSQLException e) {
      throw refusal(e, type, id, values);
    }
  }

  private static void setRows(PreparedStatement call, IndexValues values) throws SQLException {
    set(call, 15, "bigint", values.strings(), IndexValues.Text::param);
    set(call, 16, "text", values.strings(), IndexValues.Text::value);
    set(call, 17, "bigint", values.dates(), IndexValues.Span::param);
    set(call, 18, "timestamptz", values.dates(), d -> time(d.low()));
    set(call, 19, "timestamptz", values.dates(), d -> time(d.high()));
    set(call, 20, "bigint", values.numbers(), IndexValues.Amount::param);
    set(call, 21, "numeric", values.numbers(), IndexValues.Amount::low);
    set(call, 22, "numeric", values.numbers(), IndexValues.Amount::high);
    set(
        call,
        23,
        "text",
        values.numbers(),
        n -> n.units().toString().replace('[', '{').replace(']', '}'));
  }

  private static OffsetDateTime time(Instant instant) {
    return instant.equals(Instant.MIN)
        ? OPEN_START
        : instant.equals(Instant.MAX) ? OPEN_END : instant.atOffset(ZoneOffset.UTC);
  }

  private static <T> void set(
      PreparedStatement call, int index, String sqlType, List<T> rows, Function<T, Object> column)
      throws SQLException {
    Array array =
        call.getConnection()
            .createArrayOf(sqlType, rows.isEmpty() ? NONE : rows.stream().map(column).toArray());
    call.setArray(index, array);
  }

  private static SQLException refusal(PSQLException e, String type, String id, IndexValues values)
      throws SQLException {
    String what = type + "/" + id;
    String detail =
        e.getServerErrorMessage() == null ? null : e.getServerErrorMessage().getDetail();
    switch (String.valueOf(e.getSQLState())) {
      case "PA409" -> throw Refusal.conflict("id-taken", what + " exists already");
      case "PA412" ->
          throw Refusal.precondition(
              "version-conflict",
              "0".equals(detail)
                  ? what + " does not exist"
                  : "%s is at version %s now; read it again and repeat the change"
                      .formatted(what, detail));
      case "PA422" -> {
        List<String> missing = Arrays.asList(detail.split(","));
        String named =
            values.required().stream()
                .filter(r -> missing.contains(String.valueOf(Keys.of(r))))
                .findFirst()
                .orElse("a reference");
        throw Refusal.unprocessable(
            "not-found", "unknown-reference", named + " is referred to but is not known here");
      }
      default -> throw e;
    }
  }
}
