// SPDX-License-Identifier: Apache-2.0
/**
 * How long resources are kept, by type; a legal hold keeps what it is about for longer.
 *
 * <pre>
 * PARLEY_RETENTION   Communication=3650,DocumentReference=3650   -> Terms
 * Overdue            what is older, and not held: SQL
 * Retention          daily: deleted as by anybody (event, audit row), then its versions erased
 * </pre>
 */
package dev.parley.retention;
