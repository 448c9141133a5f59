// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import java.time.Instant;
import java.util.Date;
import java.util.TimeZone;
import org.hl7.fhir.r4.model.DateTimeType;

/** Points in time as they are written into resources: UTC, whatever the machine's zone is. */
final class Times {
  private static final TimeZone UTC = TimeZone.getTimeZone("UTC");

  private Times() {}

  static DateTimeType utc(Instant at) {
    return new DateTimeType(Date.from(at), TemporalPrecisionEnum.MILLI, UTC);
  }
}
