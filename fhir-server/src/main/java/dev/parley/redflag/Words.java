// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a text made plain: small letters, no accents, no apostrophes, the letters of Arabic
 * that are written one for the other made one. A sentence ends where one ends; a comma is kept as a
 * word of its own.
 */
final class Words {
  static final String COMMA = ",";

  private Words() {}

  static List<List<String>> sentences(String text) {
    List<List<String>> sentences = new ArrayList<>();
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    String plain = plain(text);
    for (int i = 0; i <= plain.length(); i++) {
      char c = i < plain.length() ? plain.charAt(i) : '.';
      if (Character.isLetterOrDigit(c)) {
        word.append(c);
        continue;
      }
      if (word.length() > 0) {
        words.add(word.toString());
        word.setLength(0);
      }
      if (",:\u060C()".indexOf(c) >= 0) {
        words.add(COMMA);
      } else if (".!?;\n\u061F\u061B".indexOf(c) >= 0 && !words.isEmpty()) {
        sentences.add(words);
        words = new ArrayList<>();
      }
    }
    return sentences;
  }

  /** The same for the words of a list, in which / and * mean something. */
  static String plain(String text) {
    String lower =
        text.toLowerCase(Locale.ROOT)
            .replace("\u00E4", "ae")
            .replace("\u00F6", "oe")
            .replace("\u00FC", "ue")
            .replace("\u00DF", "ss")
            .replaceAll("['\u2019\u02BC`\u00B4\u0640\u200B-\u200F]", "");
    String bare = Normalizer.normalize(lower, Normalizer.Form.NFD);
    StringBuilder plain = new StringBuilder(bare.length());
    for (int i = 0; i < bare.length(); i++) {
      char c = bare.charAt(i);
      if (Character.getType(c) != Character.NON_SPACING_MARK) {
        plain.append(one(c));
      }
    }
    return plain.toString();
  }

  private static char one(char c) {
    return switch (c) {
      case '\u0623', '\u0625', '\u0622', '\u0671' -> '\u0627';
      case '\u0629' -> '\u0647';
      case '\u0649', '\u0626' -> '\u064A';
      case '\u0624' -> '\u0648';
      default -> c;
    };
  }

  /** A word, and what is left of it without what Arabic writes together with it (and, the, for). */
  static List<String> forms(String word) {
    if (word.isEmpty() || word.charAt(0) < '\u0620' || word.charAt(0) > '\u064A') {
      return List.of(word);
    }
    List<String> forms = new ArrayList<>(4);
    forms.add(word);
    String rest = word;
    if (rest.length() > 3 && "\u0648\u0641\u0628\u0643\u0644".indexOf(rest.charAt(0)) >= 0) {
      rest = rest.substring(1);
      forms.add(rest);
    }
    if (rest.length() > 3 && rest.startsWith("\u0627\u0644")) {
      forms.add(rest.substring(2));
    } else if (rest.length() > 3 && word.startsWith("\u0644\u0644")) {
      forms.add(word.substring(2));
    }
    return forms;
  }
}
