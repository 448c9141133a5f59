// SPDX-License-Identifier: Apache-2.0
/**
 * Who is there and who is typing: never stored, told by id between processes, and to those only who
 * share a conversation. docs/features/presence.md is the page.
 */
package dev.parley.presence;
