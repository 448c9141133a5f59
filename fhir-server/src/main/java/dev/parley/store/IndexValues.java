// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/**
 * What one version of a resource can be found by; the columns of {@code V1__store.sql}.
 *
 * @param keys index keys of everything equality-like, distinct
 * @param who selfs of the compartment owners it names, distinct
 * @param owners the same by name
 * @param at the type's principal date, or null
 * @param thread self of the first {@code Communication.partOf}, or null
 * @param required local references that have to exist, as "Type/id"
 */
public record IndexValues(
    long[] keys,
    long[] who,
    List<References.Local> owners,
    Instant at,
    Long thread,
    List<Text> strings,
    List<Span> dates,
    List<Amount> numbers,
    List<String> required) {

  /** Nothing: a deleted resource is not found. */
  static final IndexValues NONE =
      new IndexValues(
          new long[0],
          new long[0],
          List.of(),
          null,
          null,
          List.of(),
          List.of(),
          List.of(),
          List.of());

  /** A string (normalised: lower case, no accents, single spaces) under a parameter key. */
  public record Text(long param, String value) {}

  /** A time range; {@link Instant#MIN} and {@link Instant#MAX} are the open ends, high excluded. */
  public record Span(long param, Instant low, Instant high) {}

  /** A number with its implied range; units are keys of "code", "system|code" and "unit". */
  public record Amount(long param, BigDecimal low, BigDecimal high, List<Long> units) {}
}
