// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.consent.ConsentDecision.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table that people read is the table that is tested. */
class ConsentDecisionTest {
  private static final Map<String, Verdict> ANSWERS =
      Map.of("yes", Verdict.PERMIT, "denied", Verdict.DENY, "none", Verdict.NONE);

  record Case(String number, String consents, String message, String answer, String because) {}

  static List<Case> cases() throws IOException {
    return Files.readAllLines(Path.of("../docs/features/consent-cases.md")).stream()
        .filter(line -> line.matches("\\| \\d+ \\|.*"))
        .map(line -> Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
        .map(cell -> new Case(cell.get(1), cell.get(2), cell.get(3), cell.get(4), cell.get(5)))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void the_table_of_cases_is_what_the_decision_does(Case each) {
    assertEquals(
        ANSWERS.get(each.answer()),
        ConsentDecision.decide(
                Notation.consents(each.consents()),
                Instant.parse("2026-02-15T00:00:00Z"),
                Notation.message(each.message()))
            .verdict(),
        each.toString());
  }

  @Test
  void the_table_is_numbered_and_long_enough() throws IOException {
    List<Case> cases = cases();
    assertTrue(cases.size() >= 40);
    for (int i = 0; i < cases.size(); i++) {
      assertEquals(String.valueOf(i + 1), cases.get(i).number());
    }
  }
}
