// SPDX-License-Identifier: Apache-2.0
/**
 * Full-text search of messages. An index of the stored text ({@code resource_words}, V62) holds
 * their words, so what was answered 201 is found; {@code $find} ranks what matches and is visible,
 * and reads the page through the store, by which consent, identity, scopes and the audit trail
 * apply as to any search. docs/features/find.md is the page.
 */
package dev.parley.find;
