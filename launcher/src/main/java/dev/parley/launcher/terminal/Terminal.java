// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.terminal;

import java.io.PrintStream;

/** What a person at the terminal reads: progress and results, or nothing with --quiet. */
public final class Terminal {
  private final PrintStream out;
  private final boolean quiet;

  public Terminal(PrintStream out, boolean quiet) {
    this.out = out;
    this.quiet = quiet;
  }

  public void say(String line) {
    if (!quiet) {
      out.println(line);
      out.flush();
    }
  }
}
