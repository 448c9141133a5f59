// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.List;

/**
 * A search, read and checked; {@link SearchParser} makes it.
 *
 * @param types the types looked for; empty for all
 * @param compartment the resource in whose compartment to look, or null
 * @param merged records that are one with the compartment's owner
 * @param sorts never empty
 * @param count matches of a page; 0 asks for the total only
 * @param total whether the total was asked for
 * @param summary value of {@code _summary}, or null
 * @param elements values of {@code _elements}
 * @param cursor where the page begins, or null for the first
 * @param used the parameters that are acted upon, as given: for the self link
 * @param warnings what was ignored, a sentence each
 */
public record SearchRequest(
    List<String> types,
    References.Local compartment,
    List<References.Local> merged,
    List<Criterion> criteria,
    List<Sort> sorts,
    int count,
    boolean total,
    List<Include> includes,
    String summary,
    List<String> elements,
    String cursor,
    List<Used> used,
    List<String> warnings) {

  /** The parameter under which {@link SearchPage#next} and {@code previous} are handed back. */
  public static final String CURSOR = "_cursor";

  /** A name and a value of the query, unescaped as they came. */
  public record Used(String name, String value) {}

  /**
   * One key of {@code _sort}.
   *
   * @param param null for {@code _id} and {@code _lastUpdated}
   */
  record Sort(String code, SearchParam param, boolean descending) {}

  /**
   * {@code _include} or {@code _revinclude}.
   *
   * @param code the reference parameter, or {@code *}
   * @param target the only type that is wanted, or null
   */
  record Include(boolean reverse, boolean iterate, String type, String code, String target) {}

  /** The same with other conditions, in all these compartments. */
  SearchRequest over(List<Criterion> others, List<References.Local> also) {
    return new SearchRequest(
        types,
        compartment,
        also,
        others,
        sorts,
        count,
        total,
        includes,
        summary,
        elements,
        cursor,
        used,
        warnings);
  }

  /** The one type looked for, or null. */
  String type() {
    return types.size() == 1 ? types.get(0) : null;
  }
}
