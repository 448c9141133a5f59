// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.postgresql.util.PSQLException;

/**
 * The calls of {@code write_resource} (V1__store.sql) and its like: a whole write in one statement.
 */
final class WriteCall {
  /** A message has no value rows: its call carries no empty arrays. */
  private static final String WITHOUT_VALUES =
      TrailRows.with(
          """
          write_resource('{}', ?, ?, ?, ?, ?, ?::"char", lock_keys(?, ?), ?, ?, ?, ?, ?, ?)""");

  /** Most messages with a topic have its text and nothing else. */
  private static final String WITH_TEXTS =
      TrailRows.with(
          """
          write_resource('{}', ?, ?, ?, ?, ?, ?::"char", lock_keys(?, ?), ?, ?, ?, ?, ?, ?, ?, ?)""");

  private static final String WITH_VALUES =
      TrailRows.with(
          """
          write_resource('{}', ?, ?, ?, ?, ?, ?::"char", lock_keys(?, ?), ?, ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?, ?, ?, ?, ?)""");

  private static final String CREATE_MANY =
      "select create_resources(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final OffsetDateTime OPEN_START = OffsetDateTime.MIN;
  private static final OffsetDateTime OPEN_END = OffsetDateTime.MAX;
  private static final Long[] NONE = {};

  private final ResourceTypes types;
  private final TrailRows trail;

  WriteCall(ResourceTypes types, TrailRows trail) {
    this.types = types;
    this.trail = trail;
  }

  /** What is to be written; the text is null for a delete. */
  record NewVersion(
      Change.Kind kind, String type, String id, IndexValues values, long[] audience, String text) {
    long self() {
      return Keys.self(type, id);
    }
  }

  /**
   * Writes one version, and its row of the audit trail.
   *
   * @param locks keys to lock first, sorted; empty if they are held already
   * @param expected 0 if it must not exist, n if it must be at version n, null for either
   * @param required references that must exist now; empty if {@link #require} asks at the end
   * @param now when it was begun; what is stored is later by what the locks were waited for
   */
  StoredResource write(
      Connection connection,
      long[] locks,
      Integer expected,
      List<String> required,
      NewVersion version,
      Trace trace,
      Instant now)
      throws SQLException {
    IndexValues values = version.values();
    boolean texts = !values.strings().isEmpty();
    boolean rows = !(values.dates().isEmpty() && values.numbers().isEmpty());
    try (PreparedStatement call =
        connection.prepareStatement(rows ? WITH_VALUES : texts ? WITH_TEXTS : WITHOUT_VALUES)) {
      call.setObject(1, expected, Types.INTEGER);
      call.setObject(2, required.stream().mapToLong(Keys::of).sorted().distinct().toArray());
      call.setLong(3, version.self());
      call.setShort(4, types.code(version.type()));
      call.setString(5, version.id());
      call.setString(6, String.valueOf(version.kind().letter()));
      call.setObject(7, locks);
      call.setObject(8, time(now));
      call.setObject(
          9, values.at() == null ? null : time(values.at()), Types.TIMESTAMP_WITH_TIMEZONE);
      call.setObject(10, values.thread(), Types.BIGINT);
      call.setObject(11, values.keys());
      call.setObject(12, values.who());
      if (version.audience() == null) {
        call.setNull(13, Types.ARRAY, "_int8");
      } else {
        call.setObject(13, version.audience());
      }
      call.setString(14, version.text());
      if (rows || texts) {
        setTexts(call, values.strings());
      }
      if (rows) {
        setRows(call, values);
      }
      trail.set(call, rows ? 24 : texts ? 17 : 15, trace);
      try (ResultSet row = call.executeQuery()) {
        row.next();
        return new StoredResource(
            version.type(),
            version.id(),
            row.getInt(1),
            row.getObject(2, OffsetDateTime.class).toInstant(),
            version.kind(),
            version.text());
      }
    } catch (PSQLException e) {
      throw refusal(e, version.type() + "/" + version.id(), required);
    }
  }

  /**
   * Locks the keys until the end of the transaction; more than 2,000 are one lock of the whole
   * store.
   *
   * @return what the time is then, if the call was made at the given one
   */
  Instant lock(Connection connection, Locks locks, Instant now) throws SQLException {
    try (PreparedStatement call = connection.prepareStatement("select lock_keys(?, ?, ?)")) {
      call.setObject(1, locks.keys());
      call.setObject(2, time(now));
      call.setArray(3, connection.createArrayOf("boolean", locks.modes()));
      try (ResultSet row = call.executeQuery()) {
        row.next();
        return row.getObject(1, OffsetDateTime.class).toInstant();
      }
    }
  }

  /** The stored audience keys of a resource, or null. */
  long[] audience(Connection connection, long self) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select audience from resource where self = ?")) {
      query.setLong(1, self);
      try (ResultSet row = query.executeQuery()) {
        Array keys = row.next() ? row.getArray(1) : null;
        return keys == null
            ? null
            : Arrays.stream((Long[]) keys.getArray()).mapToLong(Long::longValue).toArray();
      }
    }
  }

  /** Creates them all in one statement. */
  List<StoredResource> create(Connection connection, List<NewVersion> creations, Instant now)
      throws SQLException {
    try (PreparedStatement call = connection.prepareStatement(CREATE_MANY)) {
      call.setObject(1, time(now));
      set(call, 2, "bigint", creations, NewVersion::self);
      set(call, 3, "smallint", creations, c -> types.code(c.type()));
      set(call, 4, "text", creations, NewVersion::id);
      set(
          call,
          5,
          "timestamptz",
          creations,
          c -> c.values().at() == null ? null : text(c.values().at()));
      set(call, 6, "bigint", creations, c -> c.values().thread());
      set(call, 7, "text", creations, c -> array(c.values().keys()));
      set(call, 8, "text", creations, c -> array(c.values().who()));
      set(call, 9, "text", creations, c -> c.audience() == null ? null : array(c.audience()));
      set(call, 10, "text", creations, NewVersion::text);
      List<Owned<IndexValues.Text>> strings = owned(creations, IndexValues::strings);
      set(call, 11, "bigint", strings, Owned::self);
      set(call, 12, "bigint", strings, s -> s.value().param());
      set(call, 13, "text", strings, s -> s.value().value());
      List<Owned<IndexValues.Span>> dates = owned(creations, IndexValues::dates);
      set(call, 14, "bigint", dates, Owned::self);
      set(call, 15, "bigint", dates, d -> d.value().param());
      set(call, 16, "timestamptz", dates, d -> text(d.value().low()));
      set(call, 17, "timestamptz", dates, d -> text(d.value().high()));
      List<Owned<IndexValues.Amount>> numbers = owned(creations, IndexValues::numbers);
      set(call, 18, "bigint", numbers, Owned::self);
      set(call, 19, "bigint", numbers, n -> n.value().param());
      set(call, 20, "numeric", numbers, n -> n.value().low());
      set(call, 21, "numeric", numbers, n -> n.value().high());
      set(call, 22, "text", numbers, n -> array(n.value().units()));
      call.execute();
    }
    return creations.stream()
        .map(c -> new StoredResource(c.type(), c.id(), 1, now, Change.Kind.CREATE, c.text()))
        .toList();
  }

  /**
   * Refuses the transaction if one of these is not there.
   *
   * @throws Refusal 422 naming it
   */
  void require(Connection connection, Set<String> references) throws SQLException {
    String sql =
        """
        select ref from unnest(?) ref
          where not exists (select 1 from resource r where r.self = ref and r.body is not null)
          limit 1""";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setObject(1, references.stream().mapToLong(Keys::of).toArray());
      try (ResultSet row = query.executeQuery()) {
        if (row.next()) {
          long missing = row.getLong(1);
          throw unknown(references.stream().filter(r -> Keys.of(r) == missing).findFirst());
        }
      }
    }
  }

  private record Owned<T>(long self, T value) {}

  private static <T> List<Owned<T>> owned(
      List<NewVersion> creations, Function<IndexValues, List<T>> rows) {
    return creations.stream()
        .flatMap(c -> rows.apply(c.values()).stream().map(row -> new Owned<>(c.self(), row)))
        .toList();
  }

  private static String array(long[] numbers) {
    return array(Arrays.stream(numbers).boxed().toList());
  }

  /** PostgreSQL's text form of an array. */
  private static String array(List<Long> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
  }

  static Refusal unknown(Optional<String> reference) {
    return Refusal.unprocessable(
        "not-found",
        "unknown-reference",
        reference.orElse("A reference") + " is referred to but is not known here");
  }

  private static void setTexts(PreparedStatement call, List<IndexValues.Text> texts)
      throws SQLException {
    call.setObject(15, texts.stream().mapToLong(IndexValues.Text::param).toArray());
    call.setObject(16, texts.stream().map(IndexValues.Text::value).toArray(String[]::new));
  }

  private static void setRows(PreparedStatement call, IndexValues values) throws SQLException {
    set(call, 17, "bigint", values.dates(), IndexValues.Span::param);
    set(call, 18, "timestamptz", values.dates(), d -> text(d.low()));
    set(call, 19, "timestamptz", values.dates(), d -> text(d.high()));
    set(call, 20, "bigint", values.numbers(), IndexValues.Amount::param);
    set(call, 21, "numeric", values.numbers(), IndexValues.Amount::low);
    set(call, 22, "numeric", values.numbers(), IndexValues.Amount::high);
    set(call, 23, "text", values.numbers(), n -> array(n.units()));
  }

  private static OffsetDateTime time(Instant instant) {
    return instant.isBefore(FIRST)
        ? OPEN_START
        : instant.equals(Instant.MAX) ? OPEN_END : instant.atOffset(ZoneOffset.UTC);
  }

  /**
   * For an element of an array, which the driver sends as text. The year 10000, in which 9999-12-31
   * ends, has no sign here as it has in Java; a year 0 there is not.
   */
  private static String text(Instant instant) {
    if (instant.isBefore(FIRST)) {
      return "-infinity";
    }
    return instant.equals(Instant.MAX) ? "infinity" : instant.toString().replace("+", "");
  }

  private static <T> void set(
      PreparedStatement call, int index, String sqlType, List<T> rows, Function<T, Object> column)
      throws SQLException {
    Array array =
        call.getConnection()
            .createArrayOf(sqlType, rows.isEmpty() ? NONE : rows.stream().map(column).toArray());
    call.setArray(index, array);
  }

  private static SQLException refusal(PSQLException e, String what, List<String> required)
      throws SQLException {
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
        throw unknown(
            required.stream()
                .filter(r -> missing.contains(String.valueOf(Keys.of(r))))
                .findFirst());
      }
      default -> throw e;
    }
  }
}
