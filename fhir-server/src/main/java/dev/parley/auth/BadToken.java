// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

/** A token that opens nothing; the message says why, in words that may be shown. */
final class BadToken extends Exception {
  private static final long serialVersionUID = 1L;

  BadToken(String why) {
    super(why, null, false, false);
  }
}
