// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;

/** The ways in which a code may be named: {@code code}, {@code system|code}, text; lower case. */
final class Forms {
  private Forms() {}

  static Set<String> of(CodeableConcept concept) {
    Set<String> forms = new HashSet<>();
    concept.getCoding().forEach(coding -> forms.addAll(of(coding)));
    if (concept.hasText()) {
      forms.add(lower(concept.getText()));
    }
    return forms;
  }

  static Set<String> of(Coding coding) {
    if (!coding.hasCode()) {
      return Set.of();
    }
    String code = lower(coding.getCode());
    return coding.hasSystem() ? Set.of(code, coding.getSystem() + "|" + code) : Set.of(code);
  }

  static String lower(String text) {
    return text.strip().toLowerCase(Locale.ROOT);
  }
}
