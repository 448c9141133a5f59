// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.time.LocalDate;
import org.hl7.fhir.r4.model.Patient;

/** Dates of birth as FHIR has them: sometimes only a year. */
public final class Births {
  private Births() {}

  /**
   * The day; what is missing is taken as early as it can be, so that nobody is held for a child too
   * long. Null if there is none.
   */
  public static LocalDate of(Patient patient) {
    if (patient == null || !patient.getBirthDateElement().hasValue()) {
      return null;
    }
    String text = patient.getBirthDateElement().getValueAsString();
    return LocalDate.parse(
        text.length() == 4 ? text + "-01-01" : text.length() == 7 ? text + "-01" : text);
  }
}
