// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DateShiftTest {
  private final DateShift shift = new DateShift(10);

  @ParameterizedTest
  @CsvSource({
    "2026-11-22, 2026-12-02",
    "2026-12-25T09:30:00-05:00, 2027-01-04T09:30:00-05:00",
    "2024-02-20T23:59:59.123Z, 2024-03-01T23:59:59.123Z",
    "2026-11-22T09:30Z, 2026-12-02T09:30Z",
    "2026, 2026",
    "2026-11, 2026-11",
    "seen on 2026-11-22, seen on 2026-11-22",
    "2026-11-22 and 2026-11-23, 2026-11-22 and 2026-11-23"
  })
  void days_move_and_nothing_else(String before, String after) {
    assertEquals("{\"a\":\"" + after + "\"}", shift.apply("{\"a\":\"" + before + "\"}"));
  }

  @Test
  void a_date_behind_an_escaped_quote_is_text() {
    String text = "{\"a\":\"he said \\\"2026-11-22\\\" to me\"}";
    assertEquals(text, shift.apply(text));
  }

  @Test
  void a_name_of_a_field_is_no_date() {
    assertEquals("{\"2026-11-22\":1}", shift.apply("{\"2026-11-22\":1}"));
  }
}
