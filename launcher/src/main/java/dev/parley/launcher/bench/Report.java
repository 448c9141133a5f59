// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Collects results, says each as it comes, and writes them down at the end. */
final class Report {
  private final Consumer<String> say;
  private final Path lines;
  private final List<String> conditions = new ArrayList<>();
  private final List<Result> results = new ArrayList<>();

  /**
   * @param lines file to which each result is appended as a line of JSON, or null
   */
  Report(Consumer<String> say, Path lines) {
    this.say = say;
    this.lines = lines;
  }

  void condition(String text) {
    conditions.add(text);
    say.accept(text);
  }

  void add(Result result) throws IOException {
    result.put("load_average", Machine.load());
    results.add(result);
    say.accept("%-9s %-16s %s".formatted(result.row(), result.who(), result.words()));
    if (lines != null) {
      Files.writeString(
          lines,
          result.json(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
  }

  /** Answers that were wrong, in all rows. */
  int errors() {
    return results.stream()
        .map(r -> r.number("errors"))
        .mapToInt(n -> n == null ? 0 : n.intValue())
        .sum();
  }

  /** As a page: what was to reach, then everything that was measured. */
  String page() {
    StringBuilder page = new StringBuilder();
    page.append("| work | measured | to reach | reached |\n|---|---|---|---|\n");
    for (Goal goal : Goal.ALL) {
      Double measured = goal.measured(results);
      if (measured != null) {
        page.append(
            "| %s | %s | %s %s | %s |\n"
                .formatted(
                    goal.work(),
                    Result.text(measured),
                    goal.least() ? "at least" : "at most",
                    Result.text(goal.bound()),
                    goal.reached(measured) ? "yes" : "no"));
      }
    }
    page.append("\n| row | who | part of it | figures |\n|---|---|---|---|\n");
    for (Result result : results) {
      page.append(
          "| %s | %s | %s | %s |\n"
              .formatted(result.row(), result.who(), part(result), result.words()));
    }
    page.append('\n');
    conditions.forEach(c -> page.append("- ").append(c).append('\n'));
    return page.toString();
  }

  /** Parley's rate as a part of this baseline's. */
  private String part(Result baseline) {
    Double theirs = baseline.number("per_s");
    return results.stream()
        .filter(r -> r.row().equals(baseline.row()) && r.who().equals("Parley"))
        .filter(r -> r != baseline && theirs != null && theirs > 0 && r.number("per_s") != null)
        .map(r -> "%.0f %%".formatted(100 * r.number("per_s") / theirs))
        .findFirst()
        .orElse("");
  }
}
