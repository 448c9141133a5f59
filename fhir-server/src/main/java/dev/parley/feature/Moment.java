// SPDX-License-Identifier: Apache-2.0
package dev.parley.feature;

import dev.parley.access.Refusal;
import java.time.Instant;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.BaseDateTimeType;

/**
 * A moment that somebody says: with its time zone, as FHIR wants it of a time. Without one
 * it would be read as that of the server's machine, and nobody would know.
 */
public final class Moment {
  private static final Pattern ZONED = Pattern.compile(".*T.*(Z|[+-]\\d\\d:\\d\\d)");

  private Moment() {}

  /**
   * Reads it.
   *
   * @param name of the parameter or extension; the refusal's reason if it is none
   * @throws Refusal 422
   */
  public static Instant of(BaseDateTimeType time, String name) {
    String text = time.getValueAsString();
    if (time.getValue() == null || text == null || text.indexOf('T') < 0) {
      throw Refusal.unprocessable(
          "value", name, "\"%s\" is a moment, as 2026-11-30T22:15:00Z".formatted(name));
    }
    if (!ZONED.matcher(text).matches()) {
      throw Refusal.unprocessable(
          "value",
          "time-zone",
          "\"%s\" has no time zone; say it as 2026-11-30T22:15:00+01:00 or ...Z".formatted(name));
    }
    return time.getValue().toInstant();
  }
}
