// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.store.SearchValue.Prefix;
import java.time.Duration;
import java.time.Instant;

/** The prefixes of A-87 over an interval [low, high) of a row, for a searched interval. */
final class DateSql {
  private DateSql() {}

  /** Over two columns. */
  static Sql overRange(SearchValue.Date value, String low, String high, Instant now) {
    Instant from = value.range().low();
    Instant to = value.range().high();
    String inside = "(%1$s >= :from and %2$s <= :to)".formatted(low, high);
    String text =
        switch (value.prefix()) {
          case EQ -> inside;
          case NE -> "not " + inside;
          case GT -> high + " > :to";
          case LT -> low + " < :from";
          case GE -> "(%s > :to or %s)".formatted(high, inside);
          case LE -> "(%s < :from or %s)".formatted(low, inside);
          case SA -> low + " >= :to";
          case EB -> high + " <= :from";
          case AP -> {
            Duration gap = gap(value.range(), now);
            from = from.minus(gap);
            to = to.plus(gap);
            yield "(%s < :to and %s > :from)".formatted(low, high);
          }
        };
    return Sql.of(text, "from", from, "to", to);
  }

  /** Over one column that holds a point in time, one tick long. */
  static Sql overPoint(SearchValue.Date value, String at, Instant now) {
    Instant from = value.range().low();
    Instant to = value.range().high();
    String text =
        switch (value.prefix()) {
          case EQ -> "(%1$s >= :from and %1$s < :to)";
          case NE -> "(%1$s < :from or %1$s >= :to)";
          case GT, SA -> "%1$s >= :to";
          case LT, EB -> "%1$s < :from";
          case GE -> "%1$s >= :from";
          case LE -> "%1$s < :to";
          case AP -> {
            Duration gap = gap(value.range(), now);
            from = from.minus(gap);
            to = to.plus(gap);
            yield "(%1$s >= :from and %1$s < :to)";
          }
        };
    return Sql.of(text.formatted(at), "from", from, "to", to);
  }

  /**
   * What holds for the low end of any interval that matches; null if nothing does. It lets the
   * index on {@code at} be used where intervals are possible, too.
   */
  static Sql necessary(SearchValue.Date value, String at, Instant now) {
    return switch (value.prefix()) {
      case EQ, LT, EB, LE, SA -> overPoint(value, at, now);
      case AP -> Sql.of(at + " < :to", "to", value.range().high().plus(gap(value.range(), now)));
      case NE, GT, GE -> null;
    };
  }

  /** Whether an interval can match although its low end alone would not. */
  static boolean reachesBack(Prefix prefix) {
    return prefix == Prefix.GT || prefix == Prefix.GE || prefix == Prefix.AP || prefix == Prefix.NE;
  }

  /** Ten percent of the way from now to the date. */
  static Duration gap(TimeRange range, Instant now) {
    return Duration.between(range.low(), now).abs().dividedBy(10);
  }
}
