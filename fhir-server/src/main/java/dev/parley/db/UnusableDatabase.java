// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

/** Why Parley does not start over a database, in one line. */
public final class UnusableDatabase extends RuntimeException {
  public UnusableDatabase(String line) {
    super(line);
  }

  public UnusableDatabase(String line, Throwable cause) {
    super(line, cause);
  }
}
