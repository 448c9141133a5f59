// SPDX-License-Identifier: Apache-2.0
package dev.parley.duty;

import dev.parley.access.Refusal;
import dev.parley.store.TimeRange;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.PrimitiveType;

/** Reads the hours of what has them in R4. */
public final class HoursOf {
  private HoursOf() {}

  /**
   * The hours of a service.
   *
   * @throws Refusal 422 hours-invalid
   */
  public static Hours service(HealthcareService service, ZoneId zone) {
    return new Hours(
        service.getAvailableTime().stream()
            .map(
                time ->
                    window(
                        time.getDaysOfWeek(),
                        Boolean.TRUE.equals(time.getAllDayElement().getValue()),
                        time.getAvailableStartTime(),
                        time.getAvailableEndTime()))
            .toList(),
        closed(
            service.getNotAvailable().stream().filter(n -> n.hasDuring()).map(n -> n.getDuring()),
            zone),
        zone);
  }

  /** The hours of a role. */
  public static Hours role(PractitionerRole role, ZoneId zone) {
    return new Hours(
        role.getAvailableTime().stream()
            .map(
                time ->
                    window(
                        time.getDaysOfWeek(),
                        Boolean.TRUE.equals(time.getAllDayElement().getValue()),
                        time.getAvailableStartTime(),
                        time.getAvailableEndTime()))
            .toList(),
        closed(
            role.getNotAvailable().stream().filter(n -> n.hasDuring()).map(n -> n.getDuring()),
            zone),
        zone);
  }

  private static Hours.Window window(
      List<? extends PrimitiveType<?>> codes, boolean allDay, String start, String end) {
    // One may be absent with a reason: nobody knows which, and nothing is promised on it.
    Set<DayOfWeek> days =
        codes.stream()
            .filter(PrimitiveType::hasValue)
            .map(code -> day(code.getValueAsString()))
            .collect(Collectors.toSet());
    return new Hours.Window(
        codes.isEmpty() ? Set.of(DayOfWeek.values()) : days,
        allDay ? LocalTime.MIDNIGHT : time(start),
        allDay ? LocalTime.MIDNIGHT : time(end));
  }

  private static DayOfWeek day(String code) {
    for (DayOfWeek day : DayOfWeek.values()) {
      if (day.name().toLowerCase(Locale.ROOT).startsWith(code)) {
        return day;
      }
    }
    throw invalid("A day of the week is mon, tue, ...");
  }

  private static LocalTime time(String text) {
    try {
      return text == null ? LocalTime.MIDNIGHT : LocalTime.parse(text);
    } catch (DateTimeException e) {
      throw invalid("An available time is like 08:00:00");
    }
  }

  private static List<Hours.Span> closed(Stream<Period> periods, ZoneId zone) {
    return periods.map(during -> span(during, zone)).toList();
  }

  /** Days are those of the service's own calendar, the last one included. */
  private static Hours.Span span(Period during, ZoneId zone) {
    return new Hours.Span(
        during.hasStart() ? edge(during.getStartElement(), zone, true) : Instant.MIN,
        during.hasEnd() ? edge(during.getEndElement(), zone, false) : Instant.MAX);
  }

  private static Instant edge(BaseDateTimeType date, ZoneId zone, boolean start) {
    String text = date.getValueAsString();
    if (text.length() > 10) {
      return date.getValue().toInstant();
    }
    TimeRange range = TimeRange.ofElement(text);
    Instant day = start ? range.low() : range.high();
    return LocalDate.ofInstant(day, ZoneOffset.UTC).atStartOfDay(zone).toInstant();
  }

  private static Refusal invalid(String sentence) {
    return Refusal.unprocessable("value", "hours-invalid", sentence);
  }
}
