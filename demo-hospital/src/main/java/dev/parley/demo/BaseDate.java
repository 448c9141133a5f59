// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Period;

/** The day the stored data calls today. The loader moves everything from here to the real today. */
final class BaseDate {
  static final LocalDate DAY = LocalDate.of(2026, 11, 22);
  static final OffsetDateTime MIDNIGHT = DAY.atStartOfDay().atOffset(ZoneOffset.UTC);

  private static final ZoneId HOSPITAL = ZoneId.of("America/New_York");
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssXXX");

  private BaseDate() {}

  static OffsetDateTime at(int day, LocalTime time) {
    return DAY.plusDays(day).atTime(time).atZone(HOSPITAL).toOffsetDateTime();
  }

  static String text(OffsetDateTime time) {
    return SECONDS.format(time);
  }

  static DateTimeType dateTime(OffsetDateTime time) {
    return new DateTimeType(text(time));
  }

  static DateTimeType dateTime(int day) {
    return new DateTimeType(DAY.plusDays(day).toString());
  }

  static DateType date(int day) {
    return new DateType(DAY.plusDays(day).toString());
  }

  static InstantType instant(OffsetDateTime time) {
    return new InstantType(text(time));
  }

  static Period period(int from, int to) {
    Period period = since(from);
    period.setEndElement(dateTime(to));
    return period;
  }

  static Period since(int day) {
    Period period = new Period();
    period.setStartElement(dateTime(day));
    return period;
  }

  static Period period(OffsetDateTime from, OffsetDateTime to) {
    Period period = new Period();
    period.setStartElement(dateTime(from));
    period.setEndElement(dateTime(to));
    return period;
  }

  /** The birth, counted in days from the base date. */
  static int daysTo(Patient patient) {
    LocalDate born = LocalDate.parse(patient.getBirthDateElement().getValueAsString());
    return Math.toIntExact(ChronoUnit.DAYS.between(DAY, born));
  }

  static boolean isPast(Date date) {
    return date.toInstant().isBefore(MIDNIGHT.toInstant());
  }
}
