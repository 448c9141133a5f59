// SPDX-License-Identifier: Apache-2.0

/**
 * The PostgreSQL that Parley starts itself, from the binaries that io.zonky.test packs.
 *
 * <pre>
 * data/
 *   parley.lock        held by the one Parley that uses this folder; holds its process id
 *   password           of the database user parley, mode 0600
 *   postgres-18.1.0/   binaries, unpacked once; a process running from here is proven ours
 *   postgres/          the cluster; complete as soon as it exists (made as postgres.new, then renamed)
 *   postgres.log
 *   login/             keys and clients of the demo log-in, if there is one
 * </pre>
 *
 * <p>The library's own class is for tests: it turns durability and passwords off, waits ten seconds
 * for a left-over server and listens where the host name points. So initdb and pg_ctl are called
 * here. Only the holder of the lock touches the cluster. {@link
 * dev.parley.launcher.postgres.LocalPostgres} owns one thread, which starts PostgreSQL again if it
 * was killed; pg_ctl gives PostgreSQL a session of its own, so Ctrl-C in the terminal reaches
 * Parley alone, which then stops PostgreSQL last.
 */
package dev.parley.launcher.postgres;
