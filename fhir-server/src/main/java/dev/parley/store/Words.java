// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.text.Normalizer;
import java.util.Locale;

/** Text as it is compared in string searches. */
final class Words {
  /** Longer values would not fit into a B-tree page; only their beginning is searched. */
  private static final int LIMIT = 500;

  private Words() {}

  /** Lower case, without accents and punctuation, single spaces. */
  static String normal(String text) {
    String plain = Normalizer.normalize(text, Normalizer.Form.NFD).toLowerCase(Locale.ROOT);
    StringBuilder out = new StringBuilder(Math.min(plain.length(), LIMIT));
    boolean gap = false;
    for (int i = 0; i < plain.length() && out.length() < LIMIT; ) {
      int c = plain.codePointAt(i);
      i += Character.charCount(c);
      switch (Character.getType(c)) {
        case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.CONTROL ->
            gap |= c < 32;
        case Character.DASH_PUNCTUATION, Character.CONNECTOR_PUNCTUATION -> gap = true;
        case Character.OTHER_PUNCTUATION -> gap |= c != '\'' && c != '.' && c != 0x2019;
        case Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION -> {}
        case Character.START_PUNCTUATION, Character.END_PUNCTUATION -> gap = true;
        case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
            gap = true;
        default -> {
          if (gap && !out.isEmpty()) {
            out.append(' ');
          }
          gap = false;
          out.appendCodePoint(c);
        }
      }
    }
    return out.toString();
  }
}
