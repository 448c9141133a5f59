// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.TimeRange;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Period;

/** Times for which something holds; a day that is named is held to its end (in UTC). */
final class Spans {
  static final TimeRange ALWAYS = new TimeRange(Instant.MIN, Instant.MAX, false);

  private Spans() {}

  /** A period without ends, or none, is always. */
  static TimeRange of(Period period) {
    if (period == null) {
      return ALWAYS;
    }
    TimeRange start = element(period.getStartElement());
    TimeRange end = element(period.getEndElement());
    return new TimeRange(
        start == null ? Instant.MIN : start.low(), end == null ? Instant.MAX : end.high(), false);
  }

  /** A moment; null if there is none. */
  static TimeRange of(InstantType instant) {
    return element(instant);
  }

  private static TimeRange element(BaseDateTimeType date) {
    return date == null || !date.hasValue() ? null : TimeRange.ofElement(date.getValueAsString());
  }

  static TimeRange both(TimeRange one, TimeRange other) {
    return new TimeRange(
        one.low().isAfter(other.low()) ? one.low() : other.low(),
        one.high().isBefore(other.high()) ? one.high() : other.high(),
        false);
  }

  /** From one birthday up to another; the year of birth stands for a missing month. */
  static TimeRange ages(LocalDate birth, int from, int until) {
    return new TimeRange(day(birth, from), day(birth, until), false);
  }

  private static Instant day(LocalDate birth, int age) {
    return birth.plusYears(age).atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  /** What is left of these times without another one. */
  static List<TimeRange> without(List<TimeRange> spans, TimeRange taken) {
    List<TimeRange> left = new ArrayList<>();
    for (TimeRange span : spans) {
      left.add(both(span, new TimeRange(Instant.MIN, taken.low(), false)));
      left.add(both(span, new TimeRange(taken.high(), Instant.MAX, false)));
    }
    left.removeIf(s -> !s.low().isBefore(s.high()));
    return left;
  }
}
