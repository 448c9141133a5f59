// SPDX-License-Identifier: Apache-2.0
package dev.parley.duty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In Berlin the clock skips 02:00 to 03:00 on 2026-03-29, and has it twice on 2026-10-25. */
class HoursTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final Set<DayOfWeek> WEEK =
      Set.of(
          DayOfWeek.MONDAY,
          DayOfWeek.TUESDAY,
          DayOfWeek.WEDNESDAY,
          DayOfWeek.THURSDAY,
          DayOfWeek.FRIDAY);

  private static Hours hours(String text, String closed) {
    List<Hours.Window> windows =
        Arrays.stream(text.split(" "))
            .filter(each -> !each.equals("always"))
            .map(
                each -> {
                  String[] parts = each.split("@");
                  String[] times = parts[1].split("-");
                  return new Hours.Window(
                      days(parts[0]), LocalTime.parse(times[0]), LocalTime.parse(times[1]));
                })
            .toList();
    List<Hours.Span> shut =
        closed == null
            ? List.of()
            : Arrays.stream(closed.split(" "))
                .map(
                    each -> {
                      String[] parts = each.split("/");
                      return new Hours.Span(
                          LocalDate.parse(parts[0]).atStartOfDay(BERLIN).toInstant(),
                          LocalDate.parse(parts[1]).plusDays(1).atStartOfDay(BERLIN).toInstant());
                    })
                .toList();
    return new Hours(windows, shut, BERLIN);
  }

  private static Set<DayOfWeek> days(String text) {
    return switch (text) {
      case "week" -> WEEK;
      case "daily" -> Set.of(DayOfWeek.values());
      default ->
          Arrays.stream(text.split("\\+"))
              .map(d -> Arrays.stream(DayOfWeek.values()).filter(w -> w.name().startsWith(d)))
              .flatMap(d -> d)
              .collect(Collectors.toSet());
    };
  }

  private static Instant at(String text) {
    return text.endsWith("Z")
        ? Instant.parse(text)
        : LocalDateTime.parse(text).atZone(BERLIN).toInstant();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "inside the hours, week@08:00-17:00, , 2026-11-25T09:00, PT4H, 2026-11-25T13:00",
    "up to the very end, week@08:00-17:00, , 2026-11-25T13:00, PT4H, 2026-11-25T17:00",
    "over night, week@08:00-17:00, , 2026-11-25T15:00, PT4H, 2026-11-26T10:00",
    "over the weekend, week@08:00-17:00, , 2026-11-27T16:30, PT4H, 2026-11-30T11:30",
    "before it opens, week@08:00-17:00, , 2026-11-25T03:00, PT1H, 2026-11-25T09:00",
    "the moment it closes, week@08:00-17:00, , 2026-11-25T17:00, PT1H, 2026-11-26T09:00",
    "the moment it opens, week@08:00-17:00, , 2026-11-25T08:00, PT1H, 2026-11-25T09:00",
    "written on Saturday, week@08:00-17:00, , 2026-11-28T12:00, PT30M, 2026-11-30T08:30",
    "several days, week@08:00-16:00, , 2026-11-25T08:00, PT20H, 2026-11-27T12:00",
    "around lunch, week@08:00-12:00 week@13:00-17:00, , 2026-11-25T11:30, PT1H, 2026-11-25T13:30",
    "windows in any order, week@13:00-17:00 week@08:00-12:00, , 2026-11-25T11:30, PT1H, 2026-11-25T13:30",
    "windows that overlap count once, week@08:00-12:00 week@10:00-14:00, , 2026-11-25T09:00, PT5H, 2026-11-25T14:00",
    "one within another counts once, week@08:00-18:00 week@10:00-12:00, , 2026-11-25T09:00, PT4H, 2026-11-25T13:00",
    "always, always, , 2026-11-28T22:00, PT4H, 2026-11-29T02:00",
    "all day on Saturdays, SAT@00:00-00:00, , 2026-11-27T22:00, PT25H, 2026-12-05T01:00",
    "a night service, daily@22:00-06:00, , 2026-11-25T23:00, PT7H, 2026-11-26T06:00",
    "a night that began yesterday, daily@22:00-06:00, , 2026-11-25T05:00, PT2H, 2026-11-25T23:00",
    "Friday's night lasts into Saturday, week@22:00-06:00, , 2026-11-28T05:00, PT2H, 2026-11-30T23:00",
    "24 hours from eight, MON@08:00-08:00, , 2026-11-30T07:00, PT24H, 2026-12-01T08:00",
    "a holiday, week@08:00-17:00, 2026-12-25/2026-12-25, 2026-12-24T16:00, PT2H, 2026-12-28T09:00",
    "holidays that touch, week@08:00-17:00, 2026-12-28/2026-12-28 2026-12-25/2026-12-27, 2026-12-24T16:00, PT2H, 2026-12-29T09:00",
    "a night cut by a holiday, daily@22:00-06:00, 2026-12-25/2026-12-25, 2026-12-24T23:00, PT2H, 2026-12-26T01:00",
    "the clock skips an hour of the night, daily@22:00-06:00, , 2026-03-28T22:00, PT7H, 2026-03-29T06:00",
    "the clock repeats an hour of the night, daily@22:00-06:00, , 2026-10-24T22:00, PT9H, 2026-10-25T06:00",
    "open in the hour that is skipped, SUN@02:30-04:00, , 2026-03-28T12:00, PT30M, 2026-03-29T03:30",
    "closing in the hour that is skipped, SUN@01:00-02:30 MON@08:00-12:00, , 2026-03-28T12:00, PT2H, 2026-03-30T09:00",
    "open all of the hour that comes twice, SUN@02:00-03:00 MON@08:00-12:00, , 2026-10-24T12:00, PT2H, 2026-10-25T02:00:00Z",
    "the day the clock skips is shorter, SUN@00:00-00:00 MON@08:00-12:00, , 2026-03-28T12:00, PT24H, 2026-03-30T09:00",
    "the day the clock repeats is longer, SUN@00:00-00:00 MON@08:00-12:00, , 2026-10-24T12:00, PT25H, 2026-10-26T00:00",
    "hours by day are the same before and after, week@08:00-17:00, , 2026-03-27T16:00, PT2H, 2026-03-30T09:00",
    "no time at all, week@08:00-17:00, , 2026-11-28T12:00, PT0S, 2026-11-28T12:00",
  })
  void an_hour_counts_while_the_service_is_open(
      String name, String windows, String closed, String from, Duration time, String due) {
    assertEquals(Optional.of(at(due)), hours(windows, closed).after(at(from), time));
  }

  @Test
  void a_service_that_is_closed_for_good_is_never_due() {
    Hours hours = hours("week@08:00-17:00", "2020-01-01/2040-01-01");
    assertEquals(Optional.empty(), hours.after(at("2026-11-25T09:00"), Duration.ofHours(1)));
    assertEquals(Optional.empty(), hours.opens(at("2026-11-25T09:00")));
    assertFalse(hours.isOpen(at("2026-11-25T09:00")));
  }

  @Test
  void it_is_open_from_the_first_moment_to_before_the_last() {
    Hours hours = hours("week@08:00-17:00", "2026-11-26/2026-11-26");
    assertTrue(hours.isOpen(at("2026-11-25T08:00")));
    assertTrue(hours.isOpen(at("2026-11-25T16:59:59")));
    assertFalse(hours.isOpen(at("2026-11-25T17:00")));
    assertFalse(hours.isOpen(at("2026-11-25T07:59:59")));
    assertFalse(hours.isOpen(at("2026-11-26T12:00")));
    assertEquals(Optional.of(at("2026-11-27T08:00")), hours.opens(at("2026-11-25T17:00")));
  }

  @Test
  void a_service_that_leaves_open_whether_it_is_all_day_has_hours() {
    HealthcareService service = new HealthcareService();
    service
        .addAvailableTime()
        .getAllDayElement()
        .addExtension("http://example.org/why", new StringType("not asked"));
    assertNotNull(HoursOf.service(service, ZoneId.of("UTC")));
  }

  @Test
  void a_day_that_is_absent_with_a_reason_is_none() {
    HealthcareService service = new HealthcareService();
    service
        .addAvailableTime()
        .addDaysOfWeekElement()
        .addExtension("http://example.org/why", new StringType("not asked"));
    Hours hours = HoursOf.service(service, ZoneId.of("UTC"));
    assertFalse(hours.isOpen(at("2026-11-25T12:00")));
    service.getAvailableTime().clear();
    service.addAvailableTime();
    assertTrue(HoursOf.service(service, ZoneId.of("UTC")).isOpen(at("2026-11-25T12:00")));
  }
}
