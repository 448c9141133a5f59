// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Random dates of every precision against a plain reading of A-87, wherever a date can stand. */
class DateSearchTest {
  private static final String[] PREFIXES = {"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"};

  private record Interval(String id, long low, long high) {}

  static TestStore store;
  static final Random RANDOM = new Random(20241123);
  static final List<Interval> MESSAGES = new ArrayList<>();
  static final List<Interval> ENCOUNTERS = new ArrayList<>();
  static final List<Interval> PATIENTS = new ArrayList<>();

  @BeforeAll
  static void fill() {
    store = new TestStore();
    for (int i = 0; i < 150; i++) {
      String id = "x" + i;
      String sent = date(6);
      store.put(
          "{\"resourceType\":\"Communication\",\"id\":\"%s\",\"status\":\"completed\",\"sent\":\"%s\",\"partOf\":[{\"reference\":\"Communication/t\"}],\"recipient\":[{\"reference\":\"Patient/p\"}]}"
              .formatted(id, sent));
      MESSAGES.add(element(id, sent, sent));
      String start = date(6);
      String end = start.compareTo("2024") < 0 ? date(6, 2024) : null;
      store.put(
          "{\"resourceType\":\"Encounter\",\"id\":\"%s\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":{\"reference\":\"Patient/p\"},\"period\":{\"start\":\"%s\"%s}}"
              .formatted(id, start, end == null ? "" : ",\"end\":\"" + end + "\""));
      ENCOUNTERS.add(element(id, start, end));
      String born = date(3);
      store.put(
          "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"birthDate\":\"%s\"}".formatted(id, born));
      PATIENTS.add(element(id, born, born));
    }
  }

  @AfterAll
  static void close() {
    store.close();
  }

  @Test
  void a_date_sent_is_compared_as_an_interval_along_every_way_of_reading() {
    for (int i = 0; i < 150; i++) {
      String value = date(6);
      String prefix = PREFIXES[RANDOM.nextInt(PREFIXES.length)];
      check("Communication?sent=", prefix, value, MESSAGES);
      check("Communication?part-of=Communication/t&sent=", prefix, value, MESSAGES);
      check("Communication?recipient=Patient/p&sent=", prefix, value, MESSAGES);
      check("Communication?_sort=sent&sent=", prefix, value, MESSAGES);
      check("Communication?_sort=_id&sent=", prefix, value, MESSAGES);
    }
  }

  @Test
  void two_conditions_on_a_date_hold_both() {
    for (int i = 0; i < 80; i++) {
      String one = PREFIXES[RANDOM.nextInt(PREFIXES.length)];
      String two = PREFIXES[RANDOM.nextInt(PREFIXES.length)];
      String a = date(6);
      String b = date(6);
      List<String> expected = new ArrayList<>(expected(one, a, MESSAGES));
      expected.retainAll(expected(two, b, MESSAGES));
      for (String along : List.of("", "part-of=Communication/t&", "recipient=Patient/p&")) {
        String url = "Communication?" + along + "sent=" + one + a + "&sent=" + two + b;
        assertEquals(expected, sorted(store.ids(url.replace("+", "%2B"))), url);
      }
    }
  }

  @Test
  void a_period_is_compared_as_an_interval() {
    for (int i = 0; i < 150; i++) {
      String value = date(6);
      String prefix = PREFIXES[RANDOM.nextInt(PREFIXES.length)];
      check("Encounter?date=", prefix, value, ENCOUNTERS);
      check("Encounter?patient=Patient/p&date=", prefix, value, ENCOUNTERS);
    }
  }

  @Test
  void a_birth_date_is_compared_as_an_interval() {
    for (int i = 0; i < 150; i++) {
      check("Patient?birthdate=", PREFIXES[RANDOM.nextInt(PREFIXES.length)], date(6), PATIENTS);
    }
  }

  private static void check(String url, String prefix, String value, List<Interval> all) {
    assertEquals(
        expected(prefix, value, all),
        sorted(store.ids(url + prefix + value.replace("+", "%2B"))),
        url + prefix + value);
  }

  private static List<String> sorted(List<String> ids) {
    return ids.stream().sorted().toList();
  }

  private static List<String> expected(String prefix, String value, List<Interval> all) {
    long[] s = interval(value);
    return all.stream()
        .filter(t -> matches(prefix, s[0], s[1], t))
        .map(Interval::id)
        .sorted()
        .toList();
  }

  /** A-87, word by word; ends excluded. */
  private static boolean matches(String prefix, long low, long high, Interval t) {
    boolean contains = low <= t.low && t.high <= high;
    boolean above = t.high > high;
    boolean below = t.low < low;
    return switch (prefix) {
      case "", "eq" -> contains;
      case "ne" -> !contains;
      case "gt" -> above;
      case "lt" -> below;
      case "ge" -> above || contains;
      case "le" -> below || contains;
      case "sa" -> t.low >= high;
      case "eb" -> t.high <= low;
      default -> throw new AssertionError(prefix);
    };
  }

  private static Interval element(String id, String start, String end) {
    long low = interval(start)[0];
    // With seconds it is a point in time: a microsecond, the finest that is kept.
    long high =
        end == null ? Long.MAX_VALUE : end.length() > 18 ? interval(end)[0] + 1 : interval(end)[1];
    return new Interval(id, low, high);
  }

  /** Microseconds since 1970 of a date written by {@link #date}. */
  private static long[] interval(String text) {
    String[] lows = {"-01-01T00:00:00.000", "-01T00:00:00.000", "T00:00:00.000"};
    String zone = "Z";
    String local = text;
    if (text.endsWith("Z") || text.matches(".*[+-]\\d\\d:\\d\\d")) {
      int cut = text.endsWith("Z") ? text.length() - 1 : text.length() - 6;
      zone = text.substring(cut);
      local = text.substring(0, cut);
    }
    String full =
        switch (local.length()) {
          case 4 -> local + lows[0];
          case 7 -> local + lows[1];
          case 10 -> local + lows[2];
          case 16 -> local + ":00.000";
          case 19 -> local + ".000";
          default -> local;
        };
    LocalDateTime low = LocalDateTime.parse(full);
    LocalDateTime high =
        switch (local.length()) {
          case 4 -> low.plusYears(1);
          case 7 -> low.plusMonths(1);
          case 10 -> low.plusDays(1);
          case 16 -> low.plusMinutes(1);
          case 19 -> low.plusSeconds(1);
          default -> low.plusNanos(1_000_000);
        };
    return new long[] {micros(low, zone), micros(high, zone)};
  }

  private static long micros(LocalDateTime local, String zone) {
    Instant instant = local.toInstant(ZoneOffset.of(zone));
    return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1000;
  }

  private static String date(int precisions) {
    return date(precisions, 2022 + RANDOM.nextInt(3));
  }

  /** A random date; few distinct ones, so that bounds meet. */
  private static String date(int precisions, int year) {
    String day = "%d-%02d-%02d".formatted(year, 1 + RANDOM.nextInt(3), 1 + RANDOM.nextInt(3));
    String[] zones = {"Z", "+02:00", "-11:30"};
    String zone = zones[RANDOM.nextInt(3)];
    String minute = day + "T%02d:%02d".formatted(RANDOM.nextInt(2) * 23, RANDOM.nextInt(2) * 59);
    return switch (RANDOM.nextInt(precisions)) {
      case 0 -> day.substring(0, 4);
      case 1 -> day.substring(0, 7);
      case 2 -> day;
      case 3 -> minute + ":0" + RANDOM.nextInt(2) + zone;
      case 4 -> minute + ":0" + RANDOM.nextInt(2) + "." + RANDOM.nextInt(2) + "00" + zone;
      default -> minute + ":59" + zone;
    };
  }
}
