// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import java.io.PrintStream;

/** What a person at the terminal reads: progress and results, or nothing with --quiet. */
final class Terminal {
  private final PrintStream out;
  private final boolean quiet;

  Terminal(PrintStream out, boolean quiet) {
    this.out = out;
    this.quiet = quiet;
  }

  void say(String line) {
    if (!quiet) {
      out.println(line);
      out.flush();
    }
  }
}
