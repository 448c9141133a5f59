// SPDX-License-Identifier: Apache-2.0
/**
 * What somebody leaves behind: a patient who has died, staff who have left. It is settled in the
 * transaction that says so. docs/features/departure.md is the page.
 *
 * <pre>
 * Patient dies        DeathRule  -> requests to write to them are revoked, scheduled messages not done
 * automatic message   DeathRule  -> refused
 * Practitioner leaves LeaveRule  -> their claims go back to the pool, their scheduled messages become Tasks
 * role ends           LeaveRule  -> the same, for what came by that role; by the clock: Agenda "role-end"
 * </pre>
 */
package dev.parley.departure;
