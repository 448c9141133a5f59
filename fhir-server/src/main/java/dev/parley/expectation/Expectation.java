// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What somebody who writes to a service at some moment may expect of it.
 *
 * @param within service time to the first answer; null if nothing is promised
 * @param due when that has passed; null if nothing is promised, or the service stays closed
 * @param opens when it is open next, or that moment; null if it stays closed
 */
record Expectation(Service service, Instant at, Duration within, Instant due, Instant opens) {
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("EEEE d MMMM, HH:mm", Locale.ENGLISH);

  static Expectation of(Service service, Set<String> categories, String priority, Instant at) {
    Optional<Service.Promise> promise = service.promise(categories, priority);
    return new Expectation(
        service,
        at,
        promise.map(Service.Promise::within).orElse(null),
        promise.flatMap(p -> service.hours().after(at, p.within())).orElse(null),
        service.hours().opens(at).orElse(null));
  }

  boolean isOpen() {
    return opens != null && !opens.isAfter(at);
  }

  /** For whoever writes: before they do, and when they have. */
  String sentence() {
    StringBuilder text = new StringBuilder();
    text.append(service.name());
    if (due != null) {
      text.append(" answers by ").append(moment(due)).append('.');
    } else {
      text.append(" answers as soon as it can.");
    }
    if (!isOpen()) {
      text.append(opens == null ? " It is closed." : " It is closed until " + moment(opens) + ".");
    }
    return text.toString();
  }

  /** The same with what the service has to say to it. */
  String advice() {
    StringBuilder text = new StringBuilder(sentence());
    if (!isOpen() && service.afterHoursText() != null) {
      text.append(' ').append(service.afterHoursText().strip());
    }
    if (service.emergencyText() != null) {
      text.append(' ').append(service.emergencyText().strip());
    }
    return text.toString();
  }

  private String moment(Instant instant) {
    ZonedDateTime local = instant.atZone(service.hours().zone());
    return MOMENT.format(local) + " (" + local.getZone() + ")";
  }
}
