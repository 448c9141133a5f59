// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The statements that write {@code audit_inbox} (V4__audit.sql). */
final class TrailRows {
  private static final String COLUMNS =
      "at, action, agent, client, session, purpose, note, address, request, type, id, version,"
          + " query, patients, outcome, reason, recipients";

  // Not a VALUES list: one prepared statement whatever the number of rows.
  private static final String INSERT =
      """
      insert into audit_inbox (%s)
      select at, action, agent, client, session, purpose, note, address, request, type, id, version,
             query, patients::text[], outcome, reason, recipients::text[]
      from unnest(?::timestamptz[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
                  ?::text[], ?::text[], ?::smallint[], ?::text[], ?::int[], ?::text[], ?::text[],
                  ?::smallint[], ?::text[], ?::text[])
        t(%s)"""
          .formatted(COLUMNS, COLUMNS);

  private final ResourceTypes types;

  TrailRows(ResourceTypes types) {
    this.types = types;
  }

  /** A row and when it happened. */
  record Row(Instant at, Trace trace) {}

  void insert(Connection connection, List<Row> rows) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      text(insert, 1, rows, r -> r.at().toString());
      text(insert, 2, rows, r -> r.trace().action().word());
      text(insert, 3, rows, r -> r.trace().caller().reference());
      text(insert, 4, rows, r -> r.trace().caller().client());
      text(insert, 5, rows, r -> session(r.trace().caller()));
      text(insert, 6, rows, r -> purpose(r.trace().caller()));
      text(insert, 7, rows, r -> note(r.trace().caller()));
      text(insert, 8, rows, r -> r.trace().origin().address());
      text(insert, 9, rows, r -> r.trace().origin().request());
      text(insert, 10, rows, r -> number(code(r.trace().type())));
      text(insert, 11, rows, r -> r.trace().id());
      text(insert, 12, rows, r -> number(r.trace().version()));
      text(insert, 13, rows, r -> r.trace().query());
      text(insert, 14, rows, r -> array(r.trace().patients()));
      text(insert, 15, rows, r -> String.valueOf(r.trace().outcome()));
      text(insert, 16, rows, r -> r.trace().reason());
      text(insert, 17, rows, r -> array(r.trace().recipients()));
      insert.execute();
    }
  }

  /**
   * A statement that calls {@code write_resource} and writes the row of it, in one round trip.
   *
   * @param call the function's call with its parameters; those of {@link #set} come after
   */
  static String with(String call) {
    return """
        with w as (select new_version, new_updated from %s),
          trail as (insert into audit_inbox (at, action, agent, client, session, purpose, note, address, request,
                                             type, id, version, patients)
                    select new_updated, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, new_version, ?::text[] from w)
        select new_version, new_updated from w"""
        .formatted(call);
  }

  /** Sets what {@link #with} added, from this parameter on. */
  void set(PreparedStatement call, int from, Trace trace) throws SQLException {
    Caller caller = trace.caller();
    call.setString(from, trace.action().word());
    call.setString(from + 1, caller.reference());
    call.setString(from + 2, caller.client());
    call.setString(from + 3, session(caller));
    call.setString(from + 4, purpose(caller));
    call.setString(from + 5, note(caller));
    call.setString(from + 6, trace.origin().address());
    call.setString(from + 7, trace.origin().request());
    call.setObject(from + 8, code(trace.type()), Types.SMALLINT);
    call.setString(from + 9, trace.id());
    call.setString(from + 10, array(trace.patients()));
  }

  private static String session(Caller caller) {
    return caller.session() == null ? null : caller.session().id();
  }

  private static String purpose(Caller caller) {
    return caller.purpose() == null ? null : caller.purpose().code();
  }

  private static String note(Caller caller) {
    return caller.purpose() == null ? null : caller.purpose().reason();
  }

  Short code(String type) {
    return type == null || !types.knows(type) ? null : types.code(type);
  }

  private static String number(Number number) {
    return number == null ? null : number.toString();
  }

  private static void text(
      PreparedStatement insert, int index, List<Row> rows, Function<Row, String> column)
      throws SQLException {
    String[] values = new String[rows.size()];
    for (int i = 0; i < values.length; i++) {
      String value = column.apply(rows.get(i));
      // One that PostgreSQL does not take would keep the others' rows out as well.
      values[i] = value == null ? null : value.replace('\0', '\uFFFD');
    }
    insert.setArray(index, insert.getConnection().createArrayOf("text", values));
  }

  /** PostgreSQL's text form of an array. */
  private static String array(List<String> values) {
    return values.isEmpty()
        ? "{}"
        : values.stream()
            .map(v -> '"' + v.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
            .collect(Collectors.joining(",", "{", "}"));
  }
}
