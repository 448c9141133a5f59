// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.security.SecureRandom;
import java.time.Clock;

/**
 * Ids given by the server: 26 lower-case characters, the first ten the time in milliseconds, the
 * rest 80 random bits. Nobody can guess one, and none can meet an id that a client chose.
 */
final class NewId {
  private static final char[] DIGITS = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Clock clock;

  NewId(Clock clock) {
    this.clock = clock;
  }

  String next() {
    char[] id = new char[26];
    long time = clock.millis();
    for (int i = 9; i >= 0; i--) {
      id[i] = DIGITS[(int) (time & 31)];
      time >>>= 5;
    }
    byte[] random = new byte[10];
    RANDOM.nextBytes(random);
    long bits = 0;
    int held = 0;
    int at = 10;
    for (byte b : random) {
      bits = bits << 8 | b & 0xff;
      held += 8;
      while (held >= 5) {
        held -= 5;
        id[at++] = DIGITS[(int) (bits >>> held & 31)];
      }
    }
    return new String(id);
  }
}
