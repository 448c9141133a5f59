// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * A piece of SQL with the values of its {@code ?}. Written with names: {@code Sql.of("r.at >=
 * :low", "low", instant)}; a name whose value is an {@link Sql} is replaced by it.
 */
public record Sql(String text, List<Object> values) {
  public static final Sql TRUE = of("true");
  public static final Sql FALSE = of("false");

  public static Sql of(String template, Object... namesAndValues) {
    StringBuilder text = new StringBuilder(template.length() + 64);
    List<Object> values = new ArrayList<>(namesAndValues.length);
    int from = 0;
    for (int i = template.indexOf(':'); i >= 0; i = template.indexOf(':', i)) {
      int end = i + 1;
      while (end < template.length() && Character.isLetterOrDigit(template.charAt(end))) {
        end++;
      }
      if (end == i + 1) {
        // a cast
        i += 2;
        continue;
      }
      text.append(template, from, i);
      Object value = value(template.substring(i + 1, end), namesAndValues);
      if (value instanceof Sql inner) {
        text.append(inner.text);
        values.addAll(inner.values);
      } else {
        text.append('?');
        values.add(value);
      }
      from = i = end;
    }
    text.append(template, from, template.length());
    return new Sql(text.toString(), values);
  }

  private static Object value(String name, Object[] namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i].equals(name)) {
        return namesAndValues[i + 1];
      }
    }
    throw new IllegalArgumentException("no value for :" + name);
  }

  /** A number that the planner should know. */
  static Sql literal(int number) {
    return new Sql(String.valueOf(number), List.of());
  }

  public static Sql and(List<Sql> parts) {
    return join(" and ", parts, TRUE);
  }

  public static Sql or(List<Sql> parts) {
    return parts.size() == 1 ? parts.get(0) : of("(:any)", "any", join(" or ", parts, FALSE));
  }

  static Sql list(List<Sql> parts) {
    return join(", ", parts, null);
  }

  private static Sql join(String word, List<Sql> parts, Sql none) {
    if (parts.isEmpty()) {
      return none;
    }
    StringBuilder text = new StringBuilder();
    List<Object> values = new ArrayList<>();
    for (Sql part : parts) {
      text.append(text.isEmpty() ? "" : word).append(part.text);
      values.addAll(part.values);
    }
    return new Sql(text.toString(), values);
  }

  /** A statement with its values set; long[] and String[] go as arrays. */
  public PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(text);
    for (int i = 0; i < values.size(); i++) {
      Object value = values.get(i);
      if (value instanceof Instant instant) {
        statement.setObject(i + 1, time(instant));
      } else {
        statement.setObject(i + 1, value);
      }
    }
    return statement;
  }

  private static OffsetDateTime time(Instant instant) {
    return instant.equals(Instant.MIN)
        ? OffsetDateTime.MIN
        : instant.equals(Instant.MAX) ? OffsetDateTime.MAX : instant.atOffset(ZoneOffset.UTC);
  }
}
