// SPDX-License-Identifier: Apache-2.0
package dev.parley.feature;

import dev.parley.store.Rule;
import java.util.List;

/** A part of the server that can be left out of the list in {@code Wiring} without a trace. */
public interface Feature extends AutoCloseable {
  /** Asked for every write, in this order, among those of the other features in theirs. */
  default List<Rule> rules() {
    return List.of();
  }

  /** HAPI providers: public methods with {@code @Operation}, its canonicalUrl set. */
  default List<?> operations() {
    return List.of();
  }

  /** When requests are taken. */
  default void start() {}

  @Override
  default void close() {}
}
