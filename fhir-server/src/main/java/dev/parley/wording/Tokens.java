// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import java.util.Arrays;
import java.util.Locale;

/**
 * Words, numbers and signs of a text, and where they are. Addresses, ids and quoted lines are left
 * out (H-23). A number takes the points and commas inside it along.
 */
final class Tokens {
  enum Kind {
    WORD,
    NUMBER,
    SIGN
  }

  // No word that is looked for by itself is longer.
  private static final int LONGEST = 30;

  final String text;
  private int[] start = new int[64];
  private int[] end = new int[64];
  private Kind[] kind = new Kind[64];
  private int size;

  private Tokens(String text) {
    this.text = text;
  }

  static Tokens of(String text) {
    Tokens tokens = new Tokens(text);
    int at = 0;
    while (at < text.length()) {
      if (text.charAt(at) == '>' && (at == 0 || text.charAt(at - 1) == '\n')) {
        int line = text.indexOf('\n', at);
        at = line < 0 ? text.length() : line;
      } else if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else {
        int stop = at;
        while (stop < text.length() && !Character.isWhitespace(text.charAt(stop))) {
          stop++;
        }
        if (!isName(text, at, stop)) {
          tokens.split(at, stop);
        }
        at = stop;
      }
    }
    return tokens;
  }

  /** Whether it is an address or an id. */
  private static boolean isName(String text, int from, int to) {
    int changes = 0;
    boolean slash = false;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c == '_' || c == ':' && text.startsWith("://", i)) {
        return true;
      }
      if (c == '@' && i > from && text.indexOf('.', i) > 0 && text.indexOf('.', i) < to) {
        return true;
      }
      slash |= c == '/';
      changes +=
          i > from
                  && Character.isLetterOrDigit(c)
                  && Character.isLetterOrDigit(text.charAt(i - 1))
                  && Character.isDigit(c) != Character.isDigit(text.charAt(i - 1))
              ? 1
              : 0;
    }
    return changes > 2 && !slash || text.startsWith("www.", from);
  }

  private void split(int from, int to) {
    int at = from;
    while (at < to) {
      char c = text.charAt(at);
      int stop = at + 1;
      if (isDigit(c)) {
        while (stop < to
            && (isDigit(text.charAt(stop))
                || (text.charAt(stop) == '.' || text.charAt(stop) == ',')
                    && stop + 1 < to
                    && isDigit(text.charAt(stop + 1)))) {
          stop++;
        }
        add(at, stop, Kind.NUMBER);
      } else if (Character.isLetter(c)) {
        while (stop < to && isOfWord(stop, to)) {
          stop++;
        }
        add(at, stop, Kind.WORD);
      } else {
        stop = Character.isHighSurrogate(c) && stop < to ? at + 2 : stop;
        add(at, stop, Kind.SIGN);
      }
      at = stop;
    }
  }

  private boolean isOfWord(int at, int to) {
    char c = text.charAt(at);
    return Character.isLetter(c)
        || (c == '\'' || c == '\u2019' || c == '-')
            && at + 1 < to
            && Character.isLetter(text.charAt(at + 1));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void add(int from, int to, Kind what) {
    if (size == start.length) {
      start = Arrays.copyOf(start, size * 2);
      end = Arrays.copyOf(end, size * 2);
      kind = Arrays.copyOf(kind, size * 2);
    }
    start[size] = from;
    end[size] = to;
    kind[size++] = what;
  }

  int size() {
    return size;
  }

  int start(int i) {
    return start[i];
  }

  int end(int i) {
    return end[i];
  }

  boolean is(int i, Kind what) {
    return i >= 0 && i < size && kind[i] == what;
  }

  boolean isSign(int i, char sign) {
    return is(i, Kind.SIGN) && text.charAt(start[i]) == sign;
  }

  /** Whether nothing stands between this and the one before. */
  boolean joined(int i) {
    return i > 0 && i < size && end[i - 1] == start[i];
  }

  String at(int i) {
    return i >= 0 && i < size ? text.substring(start[i], end[i]) : "";
  }

  String lower(int i) {
    return i >= 0 && i < size && end[i] - start[i] > LONGEST ? "" : at(i).toLowerCase(Locale.ROOT);
  }
}
