// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import dev.parley.wording.Tokens.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Doses that are misread by their form (H.4). */
final class Doses {
  // H-20: of medicines; not of lengths, weights of people, money or times.
  private static final Set<String> UNITS =
      Set.of(
          "mg",
          "mcg",
          "g",
          "ng",
          "ml",
          "l",
          "unit",
          "units",
          "u",
          "iu",
          "meq",
          "mmol",
          "tablet",
          "tablets",
          "capsule",
          "capsules",
          "puff",
          "puffs",
          "drop",
          "drops");
  private static final Set<String> LETTERED =
      Set.of("mg", "mcg", "g", "ml", "units", "unit", "meq");
  private static final Set<String> TABLETS =
      Set.of("tablet", "tablets", "tab", "tabs", "pill", "pills", "capsule", "capsules");
  private static final Set<String> VERBS =
      Set.of(
          "take",
          "give",
          "inject",
          "increase",
          "reduce",
          "decrease",
          "lower",
          "raise",
          "start",
          "administer",
          "titrate",
          "dose");
  private static final Set<String> OFTEN =
      Set.of(
          "daily", "once", "twice", "bid", "tid", "qid", "qd", "nightly", "hourly", "prn", "po",
          "iv", "im", "subq");

  // How many words after the verb a dose may stand.
  private static final int REACH = 4;

  private final Tokens tokens;

  Doses(Tokens tokens) {
    this.tokens = tokens;
  }

  /** The forms that a token is the number of. */
  List<String> at(int i) {
    if (!tokens.is(i, Kind.NUMBER)) {
      return List.of();
    }
    List<String> found = new ArrayList<>(2);
    String number = tokens.at(i);
    String unit = tokens.lower(i + 1);
    boolean measured = UNITS.contains(unit);
    boolean naked = tokens.isSign(i - 1, '.') && tokens.joined(i) && !isJoinedTwice(i);
    if (measured
        && !isConcentration(i + 1)
        && number.matches("\\d{1,9}[.,]0{1,9}")
        && !number.matches("\\d+,0{3}")) {
      found.add("trailing-zero");
    }
    if (measured && naked) {
      found.add("naked-point");
    }
    if (measured && number.matches("\\d{5,9}")) {
      found.add("large-number");
    }
    if (LETTERED.contains(unit)
        && tokens.joined(i + 1)
        && !(tokens.is(i - 1, Kind.WORD) && tokens.joined(i))) {
      found.add("number-unit-joined");
    }
    if (measured
        && tokens.is(i - 1, Kind.WORD)
        && tokens.joined(i)
        && tokens.at(i - 1).length() > 3) {
      found.add("name-dose-joined");
    }
    if (number.equals("1") && isFraction(i) && TABLETS.contains(tokens.lower(i + 3))) {
      found.add("half-tablet");
    }
    if (number.equals("1")
        && tokens.isSign(i + 1, ':')
        && tokens.joined(i + 1)
        && tokens.joined(i + 2)
        && tokens.at(i + 2).matches("[1-9][0,]{2,12}")) {
      found.add("ratio");
    }
    if (LETTERED.contains(unit)
        && tokens.isSign(i + 2, '.')
        && tokens.joined(i + 2)
        && tokens.is(i + 3, Kind.WORD)
        && Character.isLowerCase(tokens.text.charAt(tokens.start(i + 3)))) {
      found.add("unit-period");
    }
    if (OFTEN.contains(unit) && !unit.equals("once") && afterVerb(i)) {
      found.add("missing-unit");
    }
    return found;
  }

  /** Where a form begins that is reported at this number. */
  int first(String form, int i) {
    return form.equals("name-dose-joined") || form.equals("naked-point") ? i - 1 : i;
  }

  int last(String form, int i) {
    return switch (form) {
      case "missing-unit" -> i;
      case "ratio", "unit-period" -> i + 2;
      case "half-tablet" -> i + 3;
      default -> i + 1;
    };
  }

  private boolean isJoinedTwice(int i) {
    return tokens.joined(i - 1) && !tokens.isSign(i - 2, '(');
  }

  /** H-5 has an exception for results: 140.0 mmol/L says how it was measured. */
  private boolean isConcentration(int unit) {
    return tokens.isSign(unit + 1, '/') && Set.of("l", "dl", "ml").contains(tokens.lower(unit + 2));
  }

  private boolean isFraction(int i) {
    return tokens.isSign(i + 1, '/')
        && tokens.joined(i + 1)
        && tokens.joined(i + 2)
        && tokens.at(i + 2).equals("2")
        && !(tokens.joined(i) && tokens.isSign(i - 1, '/'));
  }

  private boolean afterVerb(int i) {
    for (int back = 1; back <= REACH && i - back >= 0; back++) {
      if (!tokens.is(i - back, Kind.WORD)) {
        return false;
      }
      if (VERBS.contains(tokens.at(i - back).toLowerCase(Locale.ROOT))) {
        return true;
      }
    }
    return false;
  }
}
