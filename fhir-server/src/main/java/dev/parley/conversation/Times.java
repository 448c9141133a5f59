// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import java.util.Date;
import java.util.TimeZone;
import org.hl7.fhir.r4.model.DateTimeType;

/** The server's time, as it is written. */
final class Times {
  private Times() {}

  static DateTimeType utc(Date time) {
    return new DateTimeType(time, TemporalPrecisionEnum.MILLI, TimeZone.getTimeZone("UTC"));
  }
}
