// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.context.FhirContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.CodeSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Recall and precision over sentences; + is danger, - is not. docs/features/redflag.md states them.
 */
class CorpusTest {
  private static final CodeSystem SHIPPED = shipped();
  private static final RedFlagList LIST = RedFlagList.of(SHIPPED);

  private static CodeSystem shipped() {
    try (InputStream in = RedFlags.class.getResourceAsStream("red-flag.json")) {
      return FhirContext.forR4Cached().newJsonParser().parseResource(CodeSystem.class, in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"en", "de", "ar"})
  void recall_is_at_least_98_and_precision_90_of_a_hundred(String language) throws IOException {
    List<String> missed = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    int danger = 0;
    List<String> sentences = corpus(language);
    for (String line : sentences) {
      boolean flagged = !LIST.in(line.substring(2)).isEmpty();
      boolean meant = line.startsWith("+");
      danger += meant ? 1 : 0;
      if (meant && !flagged) {
        missed.add(line);
      } else if (!meant && flagged) {
        wrong.add(line + " " + LIST.in(line.substring(2)));
      }
    }
    int right = danger - missed.size();
    String measured =
        "%s: %d sentences, recall %.3f, precision %.3f\nmissed %s\nwrong %s"
            .formatted(
                language,
                sentences.size(),
                (double) right / danger,
                (double) right / (right + wrong.size()),
                String.join("\n", missed),
                String.join("\n", wrong));
    System.out.println(measured);
    assertTrue(sentences.size() > 100, measured);
    assertTrue(right * 100 >= danger * 98, measured);
    assertTrue(right * 100 >= (right + wrong.size()) * 90, measured);
  }

  private static List<String> corpus(String language) throws IOException {
    try (InputStream in = CorpusTest.class.getResourceAsStream(language + ".txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> l.startsWith("+ ") || l.startsWith("- "))
          .toList();
    }
  }

  @Test
  void a_comma_or_a_but_ends_what_a_no_reaches() {
    assertTrue(LIST.in("No chest pain").isEmpty());
    assertFalse(LIST.in("No cough, chest pain").isEmpty());
    assertFalse(LIST.in("No cough but chest pain").isEmpty());
    assertFalse(LIST.in("I have no idea. Chest pain!").isEmpty());
  }

  @Test
  void what_was_long_ago_counts_if_it_is_there_again() {
    assertTrue(LIST.in("I had chest pain last year").isEmpty());
    assertFalse(LIST.in("I had chest pain last year and have it again").isEmpty());
  }

  @Test
  void apostrophes_and_accents_do_not_matter() {
    for (String text :
        List.of("I can\u2019t breathe", "I can't breathe", "I CANT BREATHE", "i can not breathe")) {
      assertEquals("breathing", LIST.in(text).get(0).code(), text);
    }
  }

  @Test
  void a_phrase_that_cannot_be_looked_for_is_named() {
    CodeSystem wrong = SHIPPED.copy();
    wrong
        .getConceptFirstRep()
        .addProperty()
        .setCode("en")
        .setValue(new org.hl7.fhir.r4.model.StringType("(a+)+$"));
    String why =
        assertThrows(IllegalArgumentException.class, () -> RedFlagList.of(wrong)).getMessage();
    assertTrue(why.contains("chest-pain"), why);
  }

  @Test
  void ten_kilobytes_take_milliseconds_whatever_they_say() {
    for (String text :
        List.of(
            "no chest no pain no ".repeat(500),
            "I cannot cannot breath ".repeat(450),
            "لا ألم في الصدر ".repeat(600))) {
      long best = Long.MAX_VALUE;
      for (int i = 0; i < 20; i++) {
        long begin = System.nanoTime();
        LIST.in(text);
        best = Math.min(best, System.nanoTime() - begin);
      }
      assertTrue(best < 200_000_000, best + " ns");
    }
  }
}
