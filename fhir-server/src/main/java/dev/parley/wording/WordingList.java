// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import dev.parley.feature.EditedList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.CodeSystem.ConceptDefinitionComponent;

/**
 * The list, made ready for looking.
 *
 * @param language that its words belong to; what goes by form belongs to none
 * @param phrases what goes by words
 * @param forms what goes by form, by the name of the form
 * @param context words, in lower case, that make a medication context
 */
record WordingList(
    String language, Phrases phrases, Map<String, Entry> forms, Set<String> context) {
  static final Set<String> FORMS =
      Set.of(
          "trailing-zero",
          "naked-point",
          "unit-period",
          "half-tablet",
          "ratio",
          "name-dose-joined",
          "number-unit-joined",
          "large-number",
          "missing-unit",
          "emoji",
          "shouting",
          "exclamation",
          "hidden",
          "context");

  /**
   * The list of a CodeSystem.
   *
   * @throws IllegalArgumentException naming the concept that cannot be used
   */
  static WordingList of(CodeSystem list) {
    Phrases phrases = new Phrases();
    Map<String, Entry> forms = new HashMap<>();
    Set<String> context = new HashSet<>();
    for (ConceptDefinitionComponent concept : list.getConcept()) {
      if (EditedList.value(concept, "inactive", "false").equals("true")) {
        continue;
      }
      Entry entry = Entry.of(concept);
      if ("context".equals(entry.find())) {
        entry.words().forEach(w -> context.add(w.toLowerCase(Locale.ROOT)));
      } else if (entry.find() != null) {
        forms.put(entry.find(), entry);
      } else {
        entry.words().forEach(word -> phrases.add(word, entry));
      }
    }
    return new WordingList(list.hasLanguage() ? list.getLanguage() : "en", phrases, forms, context);
  }
}
