// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

/**
 * One of those who do the same work in turns.
 *
 * @param server process that serves, 0 if there is none
 * @param postmaster PostgreSQL's first process, 0 if there is none or it is not known
 */
record Contender(String name, Work work, long server, long postmaster) {}
