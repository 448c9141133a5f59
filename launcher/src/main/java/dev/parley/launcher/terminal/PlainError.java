// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.terminal;

/** What stops a command, said in one line for the terminal: the thing and the way out. */
public final class PlainError extends RuntimeException {
  public PlainError(String line) {
    super(line);
  }

  public PlainError(String line, Throwable cause) {
    super(line, cause);
  }
}
