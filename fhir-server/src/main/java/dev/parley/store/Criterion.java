// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.List;

/** One condition of a search, read and checked; several are joined by "and". */
sealed interface Criterion {

  /** {@code param[:modifier]=values}: one of the values matches. */
  record Plain(SearchParam param, Modifier modifier, List<SearchValue> values)
      implements Criterion {}

  /** {@code param:missing}. */
  record Missing(SearchParam param, boolean missing) implements Criterion {}

  /** References by the targets they may mean; texts that are not local go as uris. */
  record Refers(SearchParam param, List<References.Local> locals, List<String> elsewhere)
      implements Criterion {}

  /** {@code reference.inner}: a target of one of the types matches. */
  record Chain(SearchParam reference, List<Criterion> targets, List<String> types)
      implements Criterion {}

  /** {@code _has:Type:reference:inner}: a resource that refers here matches. */
  record Has(SearchParam reference, Criterion inner) implements Criterion {}

  record Ids(List<String> ids, boolean not) implements Criterion {}

  record Updated(List<SearchValue> values) implements Criterion {}

  /** {@code unread-by}, see {@link ReceiptCriteria}. */
  record UnreadBy(List<References.Local> persons) implements Criterion {}

  /** {@code acknowledged}, see {@link ReceiptCriteria}. */
  record Acknowledged(boolean is) implements Criterion {}

  /** The same parameter over several types. */
  record PerType(List<String> types, List<Criterion> criteria) implements Criterion {}

  enum Modifier {
    NONE,
    EXACT,
    CONTAINS,
    TEXT,
    NOT,
    ABOVE,
    BELOW,
    IN,
    NOT_IN,
    OF_TYPE,
    IDENTIFIER
  }
}
