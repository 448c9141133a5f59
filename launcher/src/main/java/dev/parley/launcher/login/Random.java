// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.security.SecureRandom;
import java.util.Base64;

/** Words that nobody guesses. */
final class Random {
  private static final SecureRandom RANDOM = new SecureRandom();

  private Random() {}

  /** 256 bits, as base64url. */
  static String text() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
