// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import dev.parley.wording.Tokens.Kind;
import java.util.List;

/** Pictures, capitals, exclamation and what cannot be seen (H.7). */
final class Tone {
  // Characters below U+10000 that Unicode shows as pictures (Emoji_Presentation of Unicode 14).
  private static final String PICTURES =
      "\u231A\u231B\u23E9\u23EA\u23EB\u23EC\u23F0\u23F3\u25FD\u25FE\u2614\u2615\u2648\u2649\u264A"
          + "\u264B\u264C\u264D\u264E\u264F\u2650\u2651\u2652\u2653\u267F\u2693\u26A1\u26AA\u26AB"
          + "\u26BD\u26BE\u26C4\u26C5\u26CE\u26D4\u26EA\u26F2\u26F3\u26F5\u26FA\u26FD\u2705\u270A"
          + "\u270B\u2728\u274C\u274E\u2753\u2754\u2755\u2757\u2795\u2796\u2797\u27B0\u27BF\u2B1B"
          + "\u2B1C\u2B50\u2B55";
  // H-32: zero width, and what turns the order of letters. A joiner belongs to pictures.
  private static final String HIDDEN =
      "\u200B\uFEFF\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069";
  private static final char AS_PICTURE = '\uFE0F';
  private static final char JOINER = '\u200D';
  private static final char KEYCAP = '\u20E3';

  private final Tokens tokens;

  Tone(Tokens tokens) {
    this.tokens = tokens;
  }

  /** What begins at a token. */
  List<String> at(int i) {
    if (tokens.is(i, Kind.SIGN)) {
      char sign = tokens.text.charAt(tokens.start(i));
      if (HIDDEN.indexOf(sign) >= 0) {
        return List.of("hidden");
      }
      if (isPicture(i) && (sign == KEYCAP || !(tokens.joined(i) && isOfPicture(i - 1)))) {
        return List.of("emoji");
      }
      return sign == '!' && tokens.isSign(i + 1, '!') && !tokens.isSign(i - 1, '!')
          ? List.of("exclamation")
          : List.of();
    }
    return tokens.is(i, Kind.WORD) && !isLoud(i - 1) && isLoud(i) && loudLetters(i)
        ? List.of("shouting")
        : List.of();
  }

  int last(String form, int i) {
    int last = i;
    while (switch (form) {
      case "emoji" -> tokens.joined(last + 1) && isOfPicture(last + 1);
      case "exclamation" -> tokens.isSign(last + 1, '!');
      case "shouting" -> isLoud(last + 1);
      default -> false;
    }) {
      last++;
    }
    return last;
  }

  /** Three words or more of capitals, of which one is too long to be an abbreviation. */
  private boolean loudLetters(int i) {
    int last = last("shouting", i);
    boolean word = false;
    for (int each = i; each <= last; each++) {
      word |= tokens.end(each) - tokens.start(each) > 4;
    }
    return last - i >= 2 && word;
  }

  private boolean isLoud(int i) {
    if (!tokens.is(i, Kind.WORD) || tokens.end(i) - tokens.start(i) < 2) {
      return false;
    }
    for (int at = tokens.start(i); at < tokens.end(i); at++) {
      char c = tokens.text.charAt(at);
      if (Character.isLetter(c) && !Character.isUpperCase(c)) {
        return false;
      }
    }
    return true;
  }

  private boolean isPicture(int i) {
    int c = tokens.text.codePointAt(tokens.start(i));
    int end = tokens.end(i);
    boolean shown = end < tokens.text.length() && tokens.text.charAt(end) == AS_PICTURE;
    return shown && c != JOINER
        || c < 0x10000 && PICTURES.indexOf(c) >= 0
        || c >= 0x1F1E6 && c <= 0x1F1FF
        || c >= 0x1F300 && c <= 0x1F6FF
        || c >= 0x1F7E0 && c <= 0x1F7EB
        || c >= 0x1F900 && c <= 0x1F9FF
        || c >= 0x1FA70 && c <= 0x1FAFF
        || c == KEYCAP;
  }

  /** A picture, or what colours, joins or spells one. */
  private boolean isOfPicture(int i) {
    if (!tokens.is(i, Kind.SIGN)) {
      return false;
    }
    int c = tokens.text.codePointAt(tokens.start(i));
    return isPicture(i) || c == AS_PICTURE || c == JOINER || c >= 0xE0020 && c <= 0xE007F;
  }
}
