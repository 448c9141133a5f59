// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.SearchPath.Alternative;
import dev.parley.store.SearchPath.Child;
import dev.parley.store.SearchPath.OfType;
import dev.parley.store.SearchPath.Step;
import dev.parley.store.SearchRequest.Sort;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * One key of a sort, as SQL over {@code resource r}: the first of a resource's values in the order
 * asked for, null if it has none.
 *
 * @param sqlType to which a value is cast when it comes back in a cursor
 */
record SortKey(Sql expression, String sqlType, boolean descending, boolean nullable) {

  static boolean possible(SearchParam param) {
    if (param == null) {
      return false;
    }
    return switch (param.kind()) {
      case DATE, STRING, NUMBER, QUANTITY -> true;
      case TOKEN, URI, REFERENCE -> !jsonPaths(param).isEmpty();
      case COMPOSITE, SPECIAL -> false;
    };
  }

  static SortKey of(Sort sort, SearchParam principal) {
    boolean down = sort.descending();
    if (sort.param() == null) {
      return sort.code().equals("_id")
          ? new SortKey(Sql.of("r.id"), "text", down, false)
          : new SortKey(Sql.of("r.updated"), "timestamptz", down, false);
    }
    SearchParam param = sort.param();
    String first = down ? "max" : "min";
    return switch (param.kind()) {
      case DATE ->
          param == principal
              ? new SortKey(Sql.of("r.at"), "timestamptz", down, true)
              : rows(param, "date_value", first + "(v.low)", "timestamptz", down);
      case STRING -> rows(param, "string_value", first + "(v.value)", "text", down);
      case NUMBER, QUANTITY ->
          rows(param, "number_value", first + (down ? "(v.high)" : "(v.low)"), "numeric", down);
      default ->
          new SortKey(
              Sql.of(
                  """
                  (select %s(lower(v #>> '{}') collate "C")
                     from unnest(cast(:paths as text[])) p, jsonb_path_query(r.body::jsonb, p::jsonpath) v
                    where jsonb_typeof(v) in ('string', 'boolean', 'number'))"""
                      .formatted(first),
                  "paths",
                  jsonPaths(param).toArray(String[]::new)),
              "text",
              down,
              true);
    };
  }

  /** A sort value of a cursor, of its SQL type again. */
  static Sql typed(String value, String sqlType) {
    return sqlType.equals("timestamptz")
        ? Sql.of(":value", "value", Instant.EPOCH.plus(Long.parseLong(value), ChronoUnit.MICROS))
        : Sql.of("cast(:value as " + sqlType + ")", "value", value);
  }

  /** A sort value of a row as a cursor keeps it: times as microseconds, all that is stored. */
  static String read(ResultSet row, String column, String sqlType) throws SQLException {
    if (!sqlType.equals("timestamptz")) {
      return row.getString(column);
    }
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null
        ? null
        : String.valueOf(ChronoUnit.MICROS.between(Instant.EPOCH, time.toInstant()));
  }

  private static SortKey rows(
      SearchParam param, String table, String value, String sqlType, boolean down) {
    return new SortKey(
        Sql.of(
            "(select %s from %s v where v.self = r.self and v.param = :param)"
                .formatted(value, table),
            "param",
            param.key()),
        sqlType,
        down,
        true);
  }

  /**
   * Where the values of a token, uri or reference stand in the JSON; empty if that can't be said.
   */
  private static List<String> jsonPaths(SearchParam param) {
    List<String> paths = new ArrayList<>();
    for (Alternative alternative : param.path().alternatives()) {
      StringBuilder path = new StringBuilder("$");
      for (Step step : alternative.steps()) {
        if (step instanceof Child child && !child.first()) {
          path.append(".\"").append(child.name()).append('"');
        } else if (step instanceof OfType type) {
          path.setLength(path.length() - 1);
          path.append(Character.toUpperCase(type.type().charAt(0)))
              .append(type.type().substring(1))
              .append('"');
        } else {
          return List.of();
        }
      }
      paths.add(path.toString());
      if (param.kind() == SearchParam.Kind.REFERENCE) {
        paths.add(path + ".reference");
      } else if (param.kind() == SearchParam.Kind.TOKEN) {
        paths.add(path + ".coding.code");
        paths.add(path + ".code");
        paths.add(path + ".value");
      }
    }
    return paths;
  }
}
