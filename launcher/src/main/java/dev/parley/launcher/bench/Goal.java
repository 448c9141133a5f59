// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.util.List;

/**
 * What issue 2 asks for.
 *
 * @param least whether the figure has to be at least the bound, rather than at most
 * @param of the contender whose figure it is compared with; null: it is a figure by itself
 */
record Goal(String work, String row, String figure, boolean least, double bound, String of) {
  static final List<Goal> ALL =
      List.of(
          least("POST Communication /s", "post", "per_s", 1_500),
          part("POST, part of JDBC inserts", "post", 0.5, "JDBC insert"),
          most("POST, core-ms of server and database", "post", "core_ms", 1.0),
          least("read by id /s", "read", "per_s", 5_000),
          part("read, part of RestfulServer from memory", "read", 0.6, "HAPI from memory"),
          least("thread page of 20 /s", "thread", "per_s", 2_700),
          least("inbox page of 20 /s", "inbox", "per_s", 2_300),
          least("loading by bundles, resources /s", "load", "per_s", 5_000),
          most("push delay, 1 socket, p50 ms", "push1", "p50_ms", 4),
          most("push delay, 1 socket, p99 ms", "push1", "p99_ms", 15),
          most("push delay, 100 sockets, p50 ms", "push100", "p50_ms", 8),
          most("push delay, 100 sockets, p99 ms", "push100", "p99_ms", 40),
          most("push delay, 1,000 sockets, p50 ms", "push1000", "p50_ms", 60),
          most("push delay, 1,000 sockets, p99 ms", "push1000", "p99_ms", 250),
          most("push, 1,000 sockets, frames lost", "push1000", "lost", 0),
          part("fan-out frames /s, part of bare Jetty", "fanout", 0.5, "bare Jetty"),
          most("resident memory idle after start, MiB", "idle", "rss_mib", 300),
          most("process start to ready, ms", "start", "ready_ms", 3_000),
          most("database bytes for a message of 1.2 KB", "load", "bytes_per_message", 3_000),
          most("answered 201, missing from the next search", "fresh", "missed", 0),
          most("100 people write: counters not exact", "room", "wrong", 0),
          most("missed while away", "away", "lost", 0),
          most("missed while the server restarts", "away", "restart_lost", 0),
          most("sockets that come back: frames lost", "comeback", "lost", 0));

  private static Goal least(String work, String row, String figure, double bound) {
    return new Goal(work, row, figure, true, bound, null);
  }

  private static Goal most(String work, String row, String figure, double bound) {
    return new Goal(work, row, figure, false, bound, null);
  }

  private static Goal part(String work, String row, double bound, String of) {
    return new Goal(work, row, "per_s", true, bound, of);
  }

  /** The figure of these results, or null if it was not measured. */
  Double measured(List<Result> results) {
    Double ours = figure(results, "Parley");
    if (ours == null || of == null) {
      return ours;
    }
    Double theirs = figure(results, of);
    return theirs == null || theirs == 0 ? null : ours / theirs;
  }

  private Double figure(List<Result> results, String who) {
    return results.stream()
        .filter(r -> r.row().equals(row) && r.who().equals(who))
        .findFirst()
        .map(r -> r.number(figure))
        .orElse(null);
  }

  boolean reached(double measured) {
    return least ? measured >= bound : measured <= bound;
  }
}
