// SPDX-License-Identifier: Apache-2.0

/**
 * A backup is one zip file: {@code tables/NAME.copy}, each table as COPY's text form gives it, and
 * {@code manifest.json}, written last, which says what must be in it.
 *
 * <p>With PARLEY_BACKUP_KEY the whole file is encrypted ({@link dev.parley.cipher.KeyRing}); it is
 * read where it is needed, and never stands on the disk in the clear.
 *
 * <p>All tables are read in one REPEATABLE READ transaction that never writes, so the backup is one
 * moment of the database and holds neither writers nor the feed. Sequences are read after it: they
 * may only be ahead of the rows. Column defaults are kept because the event log's era is one.
 *
 * <p>Restoring goes into a database without resources, in one transaction: schema of the backup's
 * version, rows, defaults, sequences, count; the server's next start brings the schema up to date.
 * Transaction ids of another cluster mean nothing here: the feed begins a new era when it connects.
 */
package dev.parley.launcher.backup;
