// SPDX-License-Identifier: Apache-2.0
/**
 * Work that comes due: a row of {@code scheduled_tasks} each, written in the transaction of what it
 * follows from, done by db-scheduler on one of the processes, again after a crash.
 * docs/features/agenda.md is the page.
 */
package dev.parley.agenda;
