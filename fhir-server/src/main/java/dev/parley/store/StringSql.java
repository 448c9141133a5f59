// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.Arrays;
import java.util.stream.Stream;

/** Conditions on a row {@code s} of {@code string_value}, whose words are written one way. */
final class StringSql {
  private StringSql() {}

  /** A row has one of which one of the conditions is true. */
  static Sql any(String r, long param, Stream<Sql> conditions) {
    return Sql.of(
        """
        exists (select from string_value s
                 where s.self = %s.self and s.param = :param and :value)"""
            .formatted(r),
        "param",
        param,
        "value",
        Sql.or(conditions.toList()));
  }

  static Sql startsWith(String text) {
    String low = Words.normal(text);
    if (low.isEmpty()) {
      // Nothing but punctuation: that is no reason to find everything.
      return Sql.FALSE;
    }
    // Nothing sorts after the last code point.
    return Sql.of("s.value >= :low and s.value < :high", "low", low, "high", low + "\uDBFF\uDFFF");
  }

  static Sql contains(String text) {
    String part = Words.normal(text);
    return part.isEmpty() ? Sql.FALSE : Sql.of("position(:part in s.value) > 0", "part", part);
  }

  static Sql words(String text) {
    String words = Words.normal(text);
    if (words.isEmpty()) {
      return Sql.FALSE;
    }
    return Sql.and(
        Arrays.stream(words.split(" "))
            .map(w -> Sql.of("position(:word in ' ' || s.value) > 0", "word", " " + w))
            .toList());
  }
}
