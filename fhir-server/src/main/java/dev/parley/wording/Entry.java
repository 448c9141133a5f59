// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import dev.parley.feature.EditedList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.CodeSystem.ConceptDefinitionComponent;

/**
 * One thing that is read wrongly.
 *
 * @param code of the list
 * @param kind whose rule it is: joint-commission, ismp, dose, text-speak, tone, ...
 * @param severity warning or information (H-26)
 * @param words what is looked for
 * @param exact capitals count
 * @param where it is looked for (H-18)
 * @param notBefore words, in lower case, before which it is a plain word
 * @param notAfter the same, after which
 * @param find a form in place of words, or null
 * @param why it is read wrongly
 * @param instead what to write
 */
record Entry(
    String code,
    String kind,
    String severity,
    List<String> words,
    boolean exact,
    Where where,
    Set<String> notBefore,
    Set<String> notAfter,
    String find,
    String why,
    String instead) {

  enum Where {
    ANYWHERE,
    AFTER_NUMBER,
    MEDICATION
  }

  static Entry of(ConceptDefinitionComponent concept) {
    String code = concept.getCode();
    String severity = EditedList.value(concept, "severity", "warning");
    check(
        severity.equals("warning") || severity.equals("information"),
        code,
        "severity is warning or information");
    String where = EditedList.value(concept, "where", "anywhere");
    check(
        Set.of("anywhere", "after-number", "medication").contains(where),
        code,
        "where is anywhere, after-number or medication");
    List<String> words = EditedList.values(concept, "words");
    check(
        words.stream().noneMatch(w -> w.isBlank() || w.length() > 60),
        code,
        "words have 1 to 60 characters");
    String find = EditedList.value(concept, "find", null);
    check(find == null || WordingList.FORMS.contains(find), code, "there is no form " + find);
    check(find != null || !words.isEmpty(), code, "it has neither words nor find");
    return new Entry(
        code,
        EditedList.value(concept, "kind", "other"),
        severity,
        words,
        EditedList.value(concept, "case", "any").equals("exact"),
        Where.valueOf(where.toUpperCase(Locale.ROOT).replace('-', '_')),
        lower(EditedList.values(concept, "not-before")),
        lower(EditedList.values(concept, "not-after")),
        find,
        concept.getDefinition(),
        EditedList.value(concept, "instead", ""));
  }

  private static void check(boolean holds, String code, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("Concept %s: %s".formatted(code, otherwise));
    }
  }

  private static Set<String> lower(List<String> words) {
    return words.stream().map(w -> w.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
  }
}
