// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.demo;

import java.time.LocalDate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Moves every date in a resource by whole days, birth dates included, so that ages stay. Time of
 * day, offset and precision stay; a year or a month alone is no day and stays, too.
 */
final class DateShift implements UnaryOperator<String> {
  /** A whole JSON string that is a FHIR date, dateTime or instant: not a part of a text. */
  private static final Pattern DATE =
      Pattern.compile(
          "(?<!\\\\)\"(\\d{4}-\\d{2}-\\d{2})"
              + "(?=(?:T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}:\\d{2}))?\"(?!\\s*:))");

  private final long days;

  DateShift(long days) {
    this.days = days;
  }

  @Override
  public String apply(String json) {
    Matcher matcher = DATE.matcher(json);
    StringBuilder out = new StringBuilder(json.length());
    while (matcher.find()) {
      LocalDate moved = LocalDate.parse(matcher.group(1)).plusDays(days);
      matcher.appendReplacement(out, "\"" + moved);
    }
    return matcher.appendTail(out).toString();
  }
}
