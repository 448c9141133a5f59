// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

/** Seconds of cores used so far, or between two moments: by the server, PostgreSQL and us. */
record CpuTime(double server, double database, double generator) {
  static CpuTime of(Contender contender) {
    return of(contender.server(), contender.postmaster());
  }

  static CpuTime of(long server, long postmaster) {
    return new CpuTime(
        server == 0 ? 0 : Machine.coreSeconds(server),
        postmaster == 0 ? 0 : Machine.coreSecondsWithChildren(postmaster),
        Machine.coreSeconds(ProcessHandle.current().pid()));
  }

  CpuTime since(CpuTime before) {
    return new CpuTime(
        server - before.server, database - before.database, generator - before.generator);
  }

  CpuTime plus(CpuTime other) {
    return new CpuTime(
        server + other.server, database + other.database, generator + other.generator);
  }
}
