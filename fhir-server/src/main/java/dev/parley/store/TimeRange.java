// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The interval that a FHIR date stands for, in UTC where it names no zone.
 *
 * @param low first instant, {@link Instant#MIN} if open
 * @param high first instant after it, {@link Instant#MAX} if open
 * @param exact whether seconds are given
 */
public record TimeRange(Instant low, Instant high, boolean exact) {
  private static final Pattern FORM =
      Pattern.compile(
          "(\\d{4})(?:-(\\d\\d)(?:-(\\d\\d)(?:T(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d+))?)?"
              + "(Z|[+-]\\d\\d:\\d\\d)?)?)?)?");

  /** The finest difference that PostgreSQL keeps. */
  static final long TICK_NANOS = 1_000;

  /**
   * Reads a date as it stands in a search: {@code 2024-03} is the month, {@code ...:07Z} the
   * second.
   *
   * @throws DateTimeException if it is none
   */
  public static TimeRange parse(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw new DateTimeException("not a date");
    }
    int year = Integer.parseInt(m.group(1));
    if (m.group(2) == null) {
      return of(Year.of(year).atDay(1), Year.of(year).plusYears(1).atDay(1));
    }
    int month = Integer.parseInt(m.group(2));
    if (m.group(3) == null) {
      YearMonth value = YearMonth.of(year, month);
      return of(value.atDay(1), value.plusMonths(1).atDay(1));
    }
    LocalDate day = LocalDate.of(year, month, Integer.parseInt(m.group(3)));
    if (m.group(4) == null) {
      return of(day, day.plusDays(1));
    }
    String fraction = m.group(7);
    int digits = fraction == null ? 0 : Math.min(fraction.length(), 6);
    long nanos =
        digits == 0
            ? 0
            : Long.parseLong(fraction.substring(0, digits)) * (long) Math.pow(10, 9 - digits);
    Instant low =
        OffsetDateTime.of(
                year,
                month,
                day.getDayOfMonth(),
                Integer.parseInt(m.group(4)),
                Integer.parseInt(m.group(5)),
                m.group(6) == null ? 0 : Integer.parseInt(m.group(6)),
                (int) nanos,
                m.group(8) == null ? ZoneOffset.UTC : ZoneOffset.of(m.group(8)))
            .toInstant();
    if (m.group(6) == null) {
      return new TimeRange(low, low.plus(1, ChronoUnit.MINUTES), false);
    }
    return new TimeRange(low, low.plusNanos((long) Math.pow(10, 9 - digits)), true);
  }

  /**
   * Reads a date as it stands in a resource: with seconds it is a point on the time line, else the
   * whole day, month or year.
   */
  public static TimeRange ofElement(String text) {
    TimeRange range = parse(text);
    return range.exact ? new TimeRange(range.low, range.low.plusNanos(TICK_NANOS), true) : range;
  }

  private static TimeRange of(LocalDate low, LocalDate high) {
    return new TimeRange(
        low.atStartOfDay().toInstant(ZoneOffset.UTC),
        high.atStartOfDay().toInstant(ZoneOffset.UTC),
        false);
  }

  /** From the beginning of one to the end of the other; null means open. */
  static TimeRange between(TimeRange first, TimeRange last) {
    return new TimeRange(
        first == null ? Instant.MIN : first.low, last == null ? Instant.MAX : last.high, false);
  }
}
