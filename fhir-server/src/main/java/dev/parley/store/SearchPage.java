// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.List;

/**
 * What a search answers.
 *
 * @param total of all matches, or null if it is not known and was not asked for
 * @param next cursor of the next page for {@link SearchRequest#CURSOR}, or null at the end
 * @param previous cursor of the page before, or null at the beginning
 * @param used for the self link: the parameters that were acted upon, without the cursor
 * @param warnings for an {@code outcome} entry, a sentence each
 */
public record SearchPage(
    List<StoredResource> matches,
    List<StoredResource> includes,
    Long total,
    String next,
    String previous,
    List<SearchRequest.Used> used,
    List<String> warnings) {

  /** The same page of other texts. */
  SearchPage with(List<StoredResource> otherMatches, List<StoredResource> otherIncludes) {
    return new SearchPage(otherMatches, otherIncludes, total, next, previous, used, warnings);
  }
}
