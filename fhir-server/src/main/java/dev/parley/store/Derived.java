// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import java.util.Map;
import java.util.Optional;

/**
 * Resources that are made when they are asked for, of something else than stored versions. What it
 * leaves empty is looked for among the stored ones.
 */
public interface Derived {
  /** None of these. */
  Derived NONE =
      new Derived() {
        @Override
        public String type() {
          return "";
        }

        @Override
        public Optional<StoredResource> find(Caller caller, String id) {
          return Optional.empty();
        }

        @Override
        public Optional<SearchPage> search(
            Caller caller, String compartment, Map<String, String[]> query, boolean strict) {
          return Optional.empty();
        }
      };

  /** The one type that it makes. */
  String type();

  /**
   * By id; there is one version of each.
   *
   * @throws dev.parley.access.Refusal 403 if the caller may not, 404 if it is none
   */
  Optional<StoredResource> find(Caller caller, String id);

  /**
   * A page of a search.
   *
   * @param compartment "Patient/1", or null
   */
  Optional<SearchPage> search(
      Caller caller, String compartment, Map<String, String[]> query, boolean strict);
}
