// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One value of a search parameter, read and checked: what stands between two commas. */
sealed interface SearchValue {

  /** {@code [prefix]date}. */
  record Date(Prefix prefix, TimeRange range) implements SearchValue {}

  /**
   * {@code [prefix]number[|system|code]}.
   *
   * @param low and high: the implied range of an equality, high excluded
   * @param unit text of the unit's key, or null for any
   */
  record Number(Prefix prefix, BigDecimal value, BigDecimal low, BigDecimal high, String unit)
      implements SearchValue {}

  /** A token form of {@link SearchForms}. */
  record Token(String form) implements SearchValue {}

  /** The unescaped text of a string, uri, reference or ValueSet. */
  record Text(String text) implements SearchValue {}

  /** {@code a$b}. */
  record Pair(String first, SearchValue second) implements SearchValue {}

  enum Prefix {
    EQ,
    NE,
    GT,
    LT,
    GE,
    LE,
    SA,
    EB,
    AP
  }

  /** What is wrong with a value, as the end of a sentence. */
  final class Malformed extends RuntimeException {
    Malformed(String sentence) {
      super(sentence, null, false, false);
    }
  }

  static SearchValue parse(SearchParam param, String raw) {
    return switch (param.kind()) {
      case DATE -> date(raw);
      case NUMBER -> number(raw);
      case QUANTITY -> quantity(raw);
      case TOKEN -> token(raw);
      case COMPOSITE -> pair(param, raw);
      default -> new Text(unescape(raw));
    };
  }

  static Date date(String raw) {
    Prefix prefix = prefix(raw);
    String text = prefix == null ? raw : raw.substring(2);
    try {
      // A plus sign that was not percent-encoded arrives as a space.
      return new Date(prefix == null ? Prefix.EQ : prefix, TimeRange.parse(text.replace(' ', '+')));
    } catch (DateTimeException e) {
      throw new Malformed("is not a date (yyyy, yyyy-mm, yyyy-mm-dd or yyyy-mm-ddThh:mm[:ss]Z)");
    }
  }

  static Number number(String raw) {
    Prefix prefix = prefix(raw);
    String text = prefix == null ? raw : raw.substring(2);
    if (!text.matches("[+-]?\\d{1,30}(\\.\\d{1,30})?([eE][+-]?\\d{1,2})?")) {
      throw new Malformed("is not a number");
    }
    BigDecimal value = new BigDecimal(text);
    int scale = value.scale();
    BigDecimal half = new BigDecimal("0.5").scaleByPowerOfTen(scale >= 0 ? -scale : -scale - 1);
    return new Number(
        prefix == null ? Prefix.EQ : prefix, value, value.subtract(half), value.add(half), null);
  }

  static Number quantity(String raw) {
    List<String> parts = split(raw, '|');
    if (parts.size() != 1 && parts.size() != 3) {
      throw new Malformed("is not number, or number|system|code");
    }
    Number n = number(parts.get(0));
    String unit = null;
    if (parts.size() == 3 && !parts.get(2).isEmpty()) {
      String system = unescape(parts.get(1));
      unit = (system.isEmpty() ? "" : system + "|") + unescape(parts.get(2));
    }
    return new Number(n.prefix, n.value, n.low, n.high, unit);
  }

  static Token token(String raw) {
    List<String> parts = split(raw, '|');
    if (parts.size() > 2) {
      throw new Malformed("has more than one unescaped |");
    }
    String code = unescape(parts.get(parts.size() - 1)).toLowerCase(Locale.ROOT);
    if (parts.size() == 1) {
      return new Token(code);
    }
    String system = unescape(parts.get(0));
    if (system.isEmpty() && code.isEmpty()) {
      throw new Malformed("names neither system nor code");
    }
    return new Token(system + "|" + code);
  }

  /** {@code system|code|value} of {@code :of-type}. */
  static Token ofType(String raw) {
    List<String> parts = split(raw, '|');
    if (parts.size() != 3 || parts.stream().anyMatch(String::isEmpty)) {
      throw new Malformed("is not system|code|value");
    }
    return new Token(
        SearchForms.ofType(unescape(parts.get(0)), unescape(parts.get(1)), unescape(parts.get(2))));
  }

  private static Pair pair(SearchParam param, String raw) {
    List<String> parts = split(raw, '$');
    if (parts.size() != 2) {
      throw new Malformed("is not two values joined by $");
    }
    SearchParam one = param.parts().get(0);
    String first =
        one.kind() == SearchParam.Kind.TOKEN ? token(parts.get(0)).form : unescape(parts.get(0));
    return new Pair(first, parse(param.parts().get(1), parts.get(1)));
  }

  private static Prefix prefix(String raw) {
    if (raw.length() < 2 || !Character.isLetter(raw.charAt(0))) {
      return null;
    }
    try {
      return raw.substring(0, 2).equals(raw.substring(0, 2).toLowerCase(Locale.ROOT))
          ? Prefix.valueOf(raw.substring(0, 2).toUpperCase(Locale.ROOT))
          : null;
    } catch (IllegalArgumentException e) {
      throw new Malformed("has an unknown prefix (eq, ne, gt, lt, ge, le, sa, eb, ap)");
    }
  }

  /** Splits at a character that no backslash stands before; escapes stay. */
  static List<String> split(String raw, char separator) {
    if (raw.indexOf(separator) < 0) {
      return List.of(raw);
    }
    List<String> parts = new ArrayList<>(4);
    int from = 0;
    for (int i = 0; i < raw.length(); i++) {
      if (raw.charAt(i) == '\\') {
        i++;
      } else if (raw.charAt(i) == separator) {
        parts.add(raw.substring(from, i));
        from = i + 1;
      }
    }
    parts.add(raw.substring(from));
    return parts;
  }

  /** Takes the escapes {@code \, \$ \| \\} away. */
  static String unescape(String raw) {
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    StringBuilder out = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '\\') {
        i++;
        if (i == raw.length() || ",$|\\".indexOf(raw.charAt(i)) < 0) {
          throw new Malformed("has a \\ that escapes nothing (\\, \\$ \\| \\\\)");
        }
        c = raw.charAt(i);
      }
      out.append(c);
    }
    return out.toString();
  }
}
