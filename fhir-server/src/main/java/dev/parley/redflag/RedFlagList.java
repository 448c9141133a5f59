// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import dev.parley.feature.EditedList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.CodeSystem.ConceptDefinitionComponent;

/**
 * The list, made ready for looking.
 *
 * @param flags by code, what is looked for, with its language
 * @param cues by name, what takes a flag back or keeps it: negation, history, other, ...
 * @param texts by name and language: advice, crisis
 */
record RedFlagList(
    Map<String, Index> flags, Map<String, Index> cues, Map<String, Map<String, String>> texts) {
  static final List<String> LANGUAGES = List.of("en", "de", "ar");
  private static final Set<String> CUES =
      Set.of(
          "negation",
          "negation-near",
          "negation-after",
          "history",
          "other",
          "hypothetical",
          "current",
          "break");

  // How many words before a phrase a "no" counts for it, and one that is short for a "not".
  private static final int NEGATION = 4;
  private static final int NEAR = 2;

  // How far from it "last year", "my father had" or "now" stand.
  private static final int AROUND = 8;

  /** A phrase of a language. */
  record Spoken(String language, Phrase phrase) {}

  /** Phrases, by the first letters of their first words. */
  record Index(Map<String, List<Spoken>> byLetters) {
    static Index of(List<Spoken> all) {
      Map<String, List<Spoken>> byLetters = new HashMap<>();
      for (Spoken spoken : all) {
        for (String key : spoken.phrase().keys()) {
          byLetters.computeIfAbsent(key, k -> new ArrayList<>()).add(spoken);
        }
      }
      return new Index(byLetters);
    }

    List<Spoken> beginning(List<String> forms) {
      if (forms.size() == 1) {
        return byLetters.getOrDefault(Phrase.key(forms.get(0)), List.of());
      }
      List<Spoken> all = new ArrayList<>();
      for (String form : forms) {
        all.addAll(byLetters.getOrDefault(Phrase.key(form), List.of()));
      }
      return all;
    }
  }

  /** What was found, and in which language. */
  record Found(String code, String language) {}

  /**
   * The list of a CodeSystem.
   *
   * @throws IllegalArgumentException naming the concept that cannot be used
   */
  static RedFlagList of(CodeSystem list) {
    RedFlagList made = new RedFlagList(new LinkedHashMap<>(), new HashMap<>(), new HashMap<>());
    for (ConceptDefinitionComponent concept : list.getConcept()) {
      String code = concept.getCode();
      String kind = EditedList.value(concept, "kind", "flag");
      if (EditedList.value(concept, "inactive", "false").equals("true")) {
        continue;
      }
      switch (kind) {
        case "flag" -> made.flags.put(code, Index.of(spoken(concept)));
        case "cue" -> made.cues.put(required(CUES, code), Index.of(spoken(concept)));
        case "text" -> made.texts.put(code, texts(concept));
        default ->
            throw new IllegalArgumentException(
                "Concept %s: kind is flag, cue or text".formatted(code));
      }
    }
    if (made.text("advice", "en").isEmpty()) {
      throw new IllegalArgumentException("Concept advice: there is no advice to give");
    }
    return made;
  }

  private static String required(Set<String> known, String code) {
    if (!known.contains(code)) {
      throw new IllegalArgumentException("Concept %s: a cue is one of %s".formatted(code, known));
    }
    return code;
  }

  private static List<Spoken> spoken(ConceptDefinitionComponent concept) {
    List<Spoken> all = new ArrayList<>();
    for (String language : LANGUAGES) {
      for (String written : EditedList.values(concept, language)) {
        try {
          all.add(new Spoken(language, Phrase.of(written)));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              "Concept %s: %s".formatted(concept.getCode(), e.getMessage()));
        }
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "Concept %s has no phrase in any of %s".formatted(concept.getCode(), LANGUAGES));
    }
    return all;
  }

  private static Map<String, String> texts(ConceptDefinitionComponent concept) {
    Map<String, String> texts = new HashMap<>();
    for (String language : LANGUAGES) {
      String text = EditedList.value(concept, language, null);
      if (text != null) {
        texts.put(language, text);
      }
    }
    return texts;
  }

  /** What is said, in this language if the list has it, else in English. */
  String text(String name, String language) {
    Map<String, String> all = texts.getOrDefault(name, Map.of());
    return Optional.ofNullable(all.get(language)).orElse(all.getOrDefault("en", ""));
  }

  /** The flags of a text, each once. */
  List<Found> in(String text) {
    Map<String, Found> found = new LinkedHashMap<>();
    for (List<String> sentence : Words.sentences(text)) {
      List<List<String>> words = sentence.stream().map(Words::forms).toList();
      flags.forEach(
          (code, phrases) -> {
            if (!found.containsKey(code)) {
              inSentence(words, phrases)
                  .ifPresent(spoken -> found.put(code, new Found(code, spoken.language())));
            }
          });
    }
    return List.copyOf(found.values());
  }

  private Optional<Spoken> inSentence(List<List<String>> words, Index phrases) {
    for (int i = 0; i < words.size(); i++) {
      for (Spoken spoken : phrases.beginning(words.get(i))) {
        int end = spoken.phrase().at(words, i);
        if (end >= 0 && !takenBack(words, i, end)) {
          return Optional.of(spoken);
        }
      }
    }
    return Optional.empty();
  }

  private boolean takenBack(List<List<String>> words, int from, int to) {
    if (negated(words, from, to)) {
      return true;
    }
    boolean elsewhere =
        around("history", words, from, to)
            || around("other", words, from, to)
            || around("hypothetical", words, from, to);
    return elsewhere && !around("current", words, from, to);
  }

  /** A "no" before it and nothing between that ends its reach, or one that follows at once. */
  private boolean negated(List<List<String>> words, int from, int to) {
    for (int i = from - 1; i >= 0 && from - i <= NEGATION + 1 && !ends(words, i); i--) {
      if (within("negation", words, i, from, NEGATION)
          || within("negation-near", words, i, from, NEAR)) {
        return true;
      }
    }
    for (int i = to; i < words.size() && i <= to + 1; i++) {
      if (at("negation-after", words, i) >= 0) {
        return true;
      }
    }
    return false;
  }

  private boolean within(String cue, List<List<String>> words, int at, int from, int distance) {
    int end = at(cue, words, at);
    return end >= 0 && end <= from && from - end < distance;
  }

  private boolean ends(List<List<String>> words, int i) {
    return words.get(i).get(0).equals(Words.COMMA) || at("break", words, i) >= 0;
  }

  private boolean around(String cue, List<List<String>> words, int from, int to) {
    for (int i = Math.max(0, from - AROUND); i < Math.min(words.size(), to + AROUND); i++) {
      if (at(cue, words, i) >= 0) {
        return true;
      }
    }
    return false;
  }

  private int at(String cue, List<List<String>> words, int i) {
    Index index = cues.get(cue);
    for (Spoken spoken : index == null ? List.<Spoken>of() : index.beginning(words.get(i))) {
      int end = spoken.phrase().at(words, i);
      if (end >= 0) {
        return end;
      }
    }
    return -1;
  }
}
