// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

/** What came of work: how long each piece took, what went wrong, what it cost. */
final class Outcome {
  private final Samples samples = new Samples();
  private int errors;
  private String firstError;
  private double seconds;
  private int pieces = 1;
  private CpuTime cpu = new CpuTime(0, 0, 0);

  void good(long nanos) {
    samples.add(nanos);
  }

  void bad(String what) {
    errors++;
    firstError = firstError == null ? what : firstError;
  }

  synchronized void add(Outcome other) {
    samples.addAll(other.samples);
    errors += other.errors;
    firstError = firstError == null ? other.firstError : firstError;
  }

  synchronized void took(double seconds, CpuTime cpu) {
    this.seconds += seconds;
    this.cpu = this.cpu.plus(cpu);
  }

  double perSecond() {
    return seconds == 0 ? 0 : (double) samples.count() * pieces / seconds;
  }

  /** When each was work for so many. */
  Outcome times(int pieces) {
    this.pieces = pieces;
    return this;
  }

  /** As a line of the report. */
  Result result(String row, String who) {
    double n = Math.max(1, samples.count() * pieces);
    return new Result(row, who)
        .put("per_s", perSecond())
        .put("p50_ms", samples.percentile(0.5))
        .put("p95_ms", samples.percentile(0.95))
        .put("p99_ms", samples.percentile(0.99))
        .put("max_ms", samples.percentile(1))
        .put("errors", errors)
        .put("first_error", firstError)
        .put("server_core_ms", cpu.server() * 1000 / n)
        .put("database_core_ms", cpu.database() * 1000 / n)
        .put("core_ms", (cpu.server() + cpu.database()) * 1000 / n)
        .put("generator_core_ms", cpu.generator() * 1000 / n)
        .put(
            "cores_used",
            seconds == 0 ? 0 : (cpu.server() + cpu.database() + cpu.generator()) / seconds);
  }
}
