// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Set;

/**
 * What somebody has chosen.
 *
 * @param channels push, email; empty for nothing; null for the usual
 * @param email null for the one of their record
 * @param quietFrom null for never
 */
record Preference(
    Set<String> channels, String email, LocalTime quietFrom, LocalTime quietUntil, ZoneId zone) {
  static final String PUSH = "push";
  static final String EMAIL = "email";
  static final Preference USUAL = new Preference(null, null, null, null, null);

  boolean push() {
    return channels == null || channels.contains(PUSH);
  }

  /** The patient's side is written to unless it is told otherwise; staff if they wish it. */
  boolean email(boolean patientSide, boolean hasPush) {
    return channels == null ? patientSide && !hasPush : channels.contains(EMAIL);
  }

  /** When somebody may be told of what can wait: now, or when it is no longer quiet. */
  Instant awake(Instant now) {
    if (quietFrom == null || quietFrom.equals(quietUntil)) {
      return now;
    }
    ZonedDateTime here = now.atZone(zone);
    LocalTime time = here.toLocalTime();
    boolean overnight = quietFrom.isAfter(quietUntil);
    boolean quiet =
        overnight
            ? !time.isBefore(quietFrom) || time.isBefore(quietUntil)
            : !time.isBefore(quietFrom) && time.isBefore(quietUntil);
    if (!quiet) {
      return now;
    }
    boolean tomorrow = overnight && !time.isBefore(quietFrom);
    return here.toLocalDate()
        .plusDays(tomorrow ? 1 : 0)
        .atTime(quietUntil)
        .atZone(zone)
        .toInstant();
  }
}
