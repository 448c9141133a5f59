// SPDX-License-Identifier: Apache-2.0
/**
 * The audit trail after it was written: sealed, shown, kept, removed. Writing it is {@link
 * dev.parley.store.Trail}'s.
 *
 * <pre>
 * audit_inbox    one row per act, written by requests           no index
 *    | Sealing, every second: one transaction
 *    v
 * audit          (month, segment, position), a partition a month
 *   audit_found  a GIN index over its keys                      AuditSql.KEYS
 * audit_segment  number, content = SHA-256 of its rows, seal = H(seal before, this row)
 * </pre>
 *
 * Chain checks all of that again. AuditTrail finds rows for a query (AuditQuery), Balp makes an
 * AuditEvent of one for each patient and recipient.
 */
package dev.parley.audit;
