// SPDX-License-Identifier: Apache-2.0
/**
 * Who can be reached: do-not-disturb with a delegate, roles that are taken for a shift, and what
 * becomes of a message to somebody who is not there. docs/features/availability.md is the page.
 */
package dev.parley.availability;
