// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * How much of what is measured.
 *
 * @param rows names of {@link Benchmark#ROWS}
 * @param warmup seconds before each row that are not counted
 * @param state file that remembers what was loaded, so that it is not loaded again; or null
 * @param lines file for the results as JSON lines, or null
 * @param page file for the results as a page, or null
 */
public record Plan(
    List<String> rows,
    int messages,
    int threads,
    double warmup,
    double duration,
    int clients,
    int comeback,
    Path state,
    Path lines,
    Path page) {

  /** The same rows in seconds: shows that everything works, and says nothing about speed. */
  public Plan quick() {
    return new Plan(
        rows,
        Math.min(messages, 600),
        Math.min(threads, 20),
        Math.min(warmup, 0.3),
        Math.min(duration, 1),
        Math.min(clients, 4),
        Math.min(comeback, 50),
        state,
        lines,
        page);
  }

  /** Whether it is too short to say anything about speed. */
  boolean quickly() {
    return duration <= 1;
  }

  boolean has(String row) {
    return rows.contains(row);
  }
}
