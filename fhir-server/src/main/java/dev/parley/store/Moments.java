// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import java.time.Instant;
import java.util.Date;
import java.util.TimeZone;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.InstantType;

/**
 * Points in time as they are written into resources and answers: in UTC and as meta.lastUpdated is
 * ({@code 2026-11-27T20:15:00.000Z}), whatever the zone of the machine is.
 */
public final class Moments {
  private static final TimeZone UTC = TimeZone.getTimeZone("UTC");

  private Moments() {}

  public static DateTimeType utc(Instant at) {
    return utc(Date.from(at));
  }

  public static DateTimeType utc(Date at) {
    DateTimeType time = new DateTimeType(at, TemporalPrecisionEnum.MILLI, UTC);
    time.setTimeZoneZulu(true);
    return time;
  }

  /** For an element of the type instant. */
  public static InstantType instant(Instant at) {
    return instant(Date.from(at));
  }

  /** The same. */
  public static InstantType instant(Date at) {
    InstantType time = new InstantType(at, TemporalPrecisionEnum.MILLI, UTC);
    time.setTimeZoneZulu(true);
    return time;
  }
}
