// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change.Kind;
import java.util.Set;

/**
 * Which events a subscription is about: a pure function of what the log froze, so that every node
 * counts the same.
 *
 * @param leaving whether an update counts that only the version before it matched
 */
record Match(short type, String typeName, KeyFilter filter, Set<Kind> kinds, boolean leaving) {
  boolean covers(Event event) {
    if (event.type() != type || !kinds.contains(event.kind())) {
      return false;
    }
    return switch (event.kind()) {
      case CREATE -> filter.matches(event.keys(), event.self());
      case DELETE -> filter.matches(event.was(), event.self());
      case UPDATE ->
          filter.matches(event.keys(), event.self())
              || leaving && filter.matches(event.was(), event.self());
    };
  }
}
