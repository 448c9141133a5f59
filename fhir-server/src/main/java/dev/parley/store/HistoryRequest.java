// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.time.Instant;

/**
 * What part of the history is asked for.
 *
 * @param type null for the whole system
 * @param id null for a type
 * @param since versions stored at or after, or null
 * @param before only what is older than this place, or null for the first page
 */
public record HistoryRequest(String type, String id, Instant since, int count, Place before) {
  /** A version's place in the order of history: newest first. */
  public record Place(Instant updated, long self, int version) {}
}
