// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.access.Refusal;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.store.TimeRange;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * What somebody asks of their inbox.
 *
 * @param anyOf of each a header must have one: the values of a status, patient, category
 * @param from not before this; null for all
 * @param until before this; null for all
 * @param after the last row of the page before; null for the first
 */
record InboxQuery(
    boolean unread, List<long[]> anyOf, Instant from, Instant until, int count, Place after) {
  static final String CURSOR = "_cursor";
  private static final int USUAL = 20;
  private static final int MOST = 100;
  private static final Set<String> KNOWN =
      Set.of(
          "unread",
          "status",
          "patient",
          "category",
          "_lastUpdated",
          "_count",
          CURSOR,
          "_format",
          "_pretty");

  /** Where a row stands in the order: newest first. */
  record Place(Instant activity, long thread) {
    String text() {
      String plain = activity.getEpochSecond() + " " + activity.getNano() / 1_000 + " " + thread;
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
    }

    static Place of(String text) {
      try {
        String[] parts =
            new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(" ");
        return new Place(
            Instant.ofEpochSecond(Long.parseLong(parts[0]), Long.parseLong(parts[1]) * 1_000),
            Long.parseLong(parts[2]));
      } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
        throw Refusal.of(410, "not-found", "page-link", "This is no page link of an inbox");
      }
    }
  }

  /**
   * Reads the parameters of a request.
   *
   * @throws Refusal 400 naming the parameter
   */
  static InboxQuery of(Map<String, String[]> parameters, References references) {
    boolean unread = false;
    List<long[]> anyOf = new ArrayList<>();
    Instant from = null;
    Instant until = null;
    int count = USUAL;
    Place after = null;
    for (Map.Entry<String, String[]> each : parameters.entrySet()) {
      if (!KNOWN.contains(each.getKey())) {
        throw Refusal.notSupported(
            "unknown-parameter", "$inbox does not know the parameter " + each.getKey());
      }
      for (String value : each.getValue()) {
        switch (each.getKey()) {
          case "unread" -> unread = truth(value);
          case "status", "category" -> anyOf.add(keys(value, one -> token(each.getKey(), one)));
          case "patient" -> anyOf.add(keys(value, one -> patient(one, references)));
          case "_count" -> count = count(value);
          case CURSOR -> after = Place.of(value);
          case "_lastUpdated" -> {
            TimeRange range = time(value.substring(Math.min(2, value.length())));
            switch (value.substring(0, Math.min(2, value.length()))) {
              case "ge" -> from = range.low();
              case "gt" -> from = range.high();
              case "lt" -> until = range.low();
              case "le" -> until = range.high();
              default -> throw times();
            }
          }
          default -> {}
        }
      }
    }
    return new InboxQuery(unread, anyOf, from, until, count, after);
  }

  /** Values with commas between mean either. */
  private static long[] keys(String value, ToLongFunction<String> key) {
    return Stream.of(value.split(",")).mapToLong(key).toArray();
  }

  private static boolean truth(String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw Refusal.invalid("search-value", "unread is true or false");
    }
    return value.equals("true");
  }

  private static long token(String parameter, String value) {
    int bar = value.indexOf('|');
    String form = value.substring(0, bar + 1) + value.substring(bar + 1).toLowerCase(Locale.ROOT);
    return Keys.param("Communication", parameter) ^ Keys.of(form);
  }

  private static long patient(String value, References references) {
    String reference = value.contains("/") ? value : "Patient/" + value;
    return Keys.param("Communication", "patient")
        ^ references
            .local(reference)
            .map(References.Local::self)
            .orElseThrow(() -> Refusal.invalid("search-value", "patient is a Patient of here"));
  }

  private static int count(String value) {
    if (!value.matches("\\d{1,6}") || value.equals("0")) {
      throw Refusal.invalid("count", "_count is a number from 1 to " + MOST);
    }
    return Math.min(MOST, Integer.parseInt(value));
  }

  /** Without a zone it is UTC, as in searches. */
  private static TimeRange time(String value) {
    try {
      return TimeRange.parse(value.replace(' ', '+'));
    } catch (DateTimeException e) {
      throw times();
    }
  }

  private static Refusal times() {
    return Refusal.invalid("search-value", "_lastUpdated is ge, gt, lt or le and a time");
  }
}
