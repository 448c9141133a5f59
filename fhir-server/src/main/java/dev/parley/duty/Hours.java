// SPDX-License-Identifier: Apache-2.0
package dev.parley.duty;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * When a service is there, and how its time passes: an hour counts while it is open, whatever the
 * wall clock does in between.
 *
 * @param windows none means always open
 * @param closed holidays and the like, over the windows
 */
public record Hours(List<Window> windows, List<Span> closed, ZoneId zone) {
  /** A service that is not open in so many days is closed for good. */
  private static final int HORIZON_DAYS = 800;

  /**
   * Open on these days.
   *
   * @param end at or before the start: on the next day
   */
  public record Window(Set<DayOfWeek> days, LocalTime start, LocalTime end) {
    public static final Window ALWAYS =
        new Window(Set.of(DayOfWeek.values()), LocalTime.MIDNIGHT, LocalTime.MIDNIGHT);
  }

  /** From a moment until before another. */
  public record Span(Instant low, Instant high) {}

  public Hours {
    windows =
        windows.isEmpty()
            ? List.of(Window.ALWAYS)
            : windows.stream().sorted(Comparator.comparing(Window::start)).toList();
    closed = closed.stream().sorted(Comparator.comparing(Span::low)).toList();
  }

  /** When so much of the service's time has passed since then; empty if it never does. */
  public Optional<Instant> after(Instant from, Duration time) {
    if (time.isZero()) {
      return Optional.of(from);
    }
    Instant at = from;
    Duration left = time;
    for (Optional<Span> open = nextOpen(at); open.isPresent(); open = nextOpen(at)) {
      Duration length = Duration.between(open.get().low(), open.get().high());
      if (length.compareTo(left) >= 0) {
        return Optional.of(open.get().low().plus(left));
      }
      left = left.minus(length);
      at = open.get().high();
    }
    return Optional.empty();
  }

  public boolean isOpen(Instant at) {
    return nextOpen(at).filter(span -> !span.low().isAfter(at)).isPresent();
  }

  /** When it is open next, from then on; that moment itself if it is open. */
  public Optional<Instant> opens(Instant from) {
    return nextOpen(from).map(Span::low);
  }

  /** The rest of the span that is open at this moment, or else the next one. */
  private Optional<Span> nextOpen(Instant from) {
    LocalDate first = from.atZone(zone).toLocalDate().minusDays(1);
    for (int day = 0; day < HORIZON_DAYS; day++) {
      LocalDate date = first.plusDays(day);
      for (Window window : windows) {
        if (window.days().contains(date.getDayOfWeek())) {
          Optional<Span> open = withoutClosed(span(window, date), from);
          if (open.isPresent()) {
            return open;
          }
        }
      }
    }
    return Optional.empty();
  }

  /** What is left of it after a moment, up to the first closing. */
  private Optional<Span> withoutClosed(Span open, Instant from) {
    Instant low = open.low().isBefore(from) ? from : open.low();
    Instant high = open.high();
    for (Span each : closed) {
      if (!each.low().isAfter(low) && each.high().isAfter(low)) {
        low = each.high();
      } else if (each.low().isAfter(low) && each.low().isBefore(high)) {
        high = each.low();
      }
    }
    return low.isBefore(high) ? Optional.of(new Span(low, high)) : Optional.empty();
  }

  private Span span(Window window, LocalDate date) {
    LocalDate last = window.end().isAfter(window.start()) ? date : date.plusDays(1);
    return new Span(
        moment(date.atTime(window.start()), true), moment(last.atTime(window.end()), false));
  }

  /** An hour that the clock skips is the moment of the skip; of one that comes twice, all is in. */
  private Instant moment(LocalDateTime local, boolean start) {
    ZoneOffsetTransition change = zone.getRules().getTransition(local);
    if (change == null) {
      return local.atZone(zone).toInstant();
    }
    if (change.isGap()) {
      return change.getInstant();
    }
    ZoneOffset offset = start ? change.getOffsetBefore() : change.getOffsetAfter();
    return local.toInstant(offset);
  }
}
