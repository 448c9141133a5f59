// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.MedicationRequest;

/** A drug as people say it ("metformin 500 mg"), out of RxNorm's long name. */
record Drug(String full, String name) {
  private static final Pattern LEAD =
      Pattern.compile("^(nda\\d+ |\\d+ (hr|actuat|day) |[\\d.]+ ml )+");
  private static final Pattern NAME =
      Pattern.compile("^[a-z0-9]+([ -][a-z]+){0,3}?(?= [\\d.]|,| \\(|$| oral| \\[)");

  static Drug of(MedicationRequest request) {
    String full = request.getMedicationCodeableConcept().getText().toLowerCase(Locale.ROOT);
    String rest = LEAD.matcher(full).replaceFirst("");
    Matcher name = NAME.matcher(rest);
    String found = name.find() ? name.group() : rest.split(" ")[0];
    return new Drug(
        full,
        found.replaceAll(" (hydrochloride|succinate|tartrate|sodium|propionate|potassium)$", ""));
  }
}
