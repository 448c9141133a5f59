// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import java.time.Instant;
import java.util.Date;
import org.hl7.fhir.r4.model.DateTimeType;

/** FHIR's dates of moments. */
final class Times {
  private Times() {}

  static DateTimeType utc(Instant instant) {
    DateTimeType date = new DateTimeType(Date.from(instant), TemporalPrecisionEnum.MILLI);
    date.setTimeZoneZulu(true);
    return date;
  }
}
