// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import dev.parley.launcher.terminal.PlainError;

/** The server's "no". */
public final class Refused extends RuntimeException {
  private final int status;

  Refused(int status, String reason) {
    super("the server says %d: %s".formatted(status, reason));
    this.status = status;
  }

  public int status() {
    return status;
  }

  public PlainError plain() {
    return new PlainError(getMessage(), this);
  }
}
