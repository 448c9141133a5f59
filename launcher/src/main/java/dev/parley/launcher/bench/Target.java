// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.config.Config;
import java.net.URI;

/**
 * The server that is measured.
 *
 * @param base its FHIR base, without a slash at the end
 * @param server its process, 0 if that is not known
 * @param postmaster PostgreSQL's first process, 0 if that is not known
 * @param database settings that lead to its database, or null
 */
record Target(URI base, long server, long postmaster, Config database) {
  Contender contender(Work work) {
    return new Contender("Parley", work, server, postmaster);
  }

  CpuTime cpu() {
    return CpuTime.of(server, postmaster);
  }
}
