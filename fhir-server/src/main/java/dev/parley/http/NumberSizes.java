// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.access.Refusal;

/**
 * Refuses {@code 1E999999999} before HAPI's parser writes it out in full, which takes a gigabyte
 * for a body of a hundred bytes. Looks at JSON as it comes in, at what stands outside its strings.
 */
final class NumberSizes {
  private static final int EXPONENT_DIGITS = 3;

  private boolean quoted;
  private boolean escaped;
  private boolean exponent;
  private int digits;
  private int last;

  /**
   * The next bytes of the body.
   *
   * @throws Refusal 400 for a number with an exponent of more than three digits
   */
  void look(byte[] bytes, int from, int count) {
    for (int i = from; i < from + count; i++) {
      look(bytes[i]);
    }
  }

  private void look(byte c) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (exponent && (isDigit(c) || digits == 0 && (c == '+' || c == '-'))) {
      digits += isDigit(c) ? 1 : 0;
      if (digits > EXPONENT_DIGITS) {
        throw Refusal.invalid("number-size", "A number's exponent has at most three digits");
      }
    } else {
      quoted = c == '"';
      exponent = (c == 'e' || c == 'E') && isDigit(last);
      digits = 0;
    }
    last = c;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
