// SPDX-License-Identifier: Apache-2.0
/**
 * One CommunicationRequest to many: each recipient has a thread and a message of their own, and
 * nobody hears of the others. docs/features/broadcast.md is the page.
 */
package dev.parley.broadcast;
