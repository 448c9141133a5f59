// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Words in a row. {@code a/b} is one of these, {@code a*} begins so, {@code ..} is up to four other
 * words. There are no other signs, so that looking takes no longer than the text is long.
 *
 * @param parts of the row; an empty one is a gap
 */
record Phrase(List<List<String>> parts) {
  private static final int GAP = 4;
  private static final int MOST_GAPS = 2;

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if it cannot be looked for
   */
  static Phrase of(String written) {
    List<List<String>> parts = new ArrayList<>();
    for (String part : Words.plain(written).strip().split("\\s+")) {
      parts.add(part.equals("..") ? List.of() : List.of(part.split("/")));
    }
    boolean edges = parts.get(0).isEmpty() || parts.get(parts.size() - 1).isEmpty();
    boolean signs =
        parts.stream()
            .flatMap(List::stream)
            .anyMatch(w -> !w.matches("[\\p{L}\\p{N}]+\\*?") || w.matches(".\\*"));
    if (edges || signs || parts.stream().filter(List::isEmpty).count() > MOST_GAPS) {
      throw new IllegalArgumentException(
          "\"%s\" is not words in a row, with a/b, a* and at most two .. inside"
              .formatted(written));
    }
    return new Phrase(parts);
  }

  /** The position behind it if it stands at this one; -1 if not. */
  int at(List<List<String>> words, int from) {
    return at(words, from, 0);
  }

  private int at(List<List<String>> words, int from, int part) {
    if (part == parts.size()) {
      return from;
    }
    if (parts.get(part).isEmpty()) {
      for (int skipped = 0; skipped <= GAP && from + skipped < words.size(); skipped++) {
        int end = at(words, from + skipped, part + 1);
        if (end >= 0) {
          return end;
        }
      }
      return -1;
    }
    return from < words.size() && fits(words.get(from), parts.get(part))
        ? at(words, from + 1, part + 1)
        : -1;
  }

  /** The first letters by which it is looked for: two, or one if the word has no more. */
  Set<String> keys() {
    return parts.get(0).stream().map(Phrase::key).collect(Collectors.toSet());
  }

  static String key(String word) {
    return word.substring(0, Math.min(2, word.length())).replace("*", "");
  }

  private static boolean fits(List<String> forms, List<String> wanted) {
    for (String want : wanted) {
      boolean open = want.endsWith("*");
      String begin = open ? want.substring(0, want.length() - 1) : want;
      for (String form : forms) {
        if (open ? form.startsWith(begin) : form.equals(want)) {
          return true;
        }
      }
    }
    return false;
  }
}
