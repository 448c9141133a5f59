// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What of a resource that somebody may see they may not read yet. Asked at every door at which text
 * leaves: reads, versions, histories, searches, includes, bundles, answers to writes, pushes.
 */
public interface Redaction {
  /** Everything that may be seen may be read. */
  Redaction NONE =
      new Redaction() {
        @Override
        public boolean concerns(Caller caller, String type) {
          return false;
        }

        @Override
        public List<StoredResource> redact(
            Connection connection, Caller caller, List<StoredResource> resources) {
          return resources;
        }

        @Override
        public String redact(Connection connection, Caller caller, String json) {
          return json;
        }

        @Override
        public boolean withholds(Connection connection, Caller caller, StoredResource resource) {
          return false;
        }
      };

  /** Whether anything of this type may be withheld from this caller: asked first, costs nothing. */
  boolean concerns(Caller caller, String type);

  /** The same resources in the same order; what is withheld has the rest of its text. */
  List<StoredResource> redact(Connection connection, Caller caller, List<StoredResource> resources)
      throws SQLException;

  /** The same for the JSON of a resource as clients see it. */
  String redact(Connection connection, Caller caller, String json) throws SQLException;

  /**
   * What keeps results from being found, so that no search tells what a read does not: results of a
   * type about which the caller gets messages, all of them sent at this instant or later.
   *
   * @param type null for all types
   * @return by type; {@link Instant#MAX} where none is kept
   */
  default Map<String, Instant> closedSince(Connection connection, Caller caller, String type)
      throws SQLException {
    return Map.of();
  }

  /** Whether the words of some messages wait for this caller: no search by words finds any. */
  default boolean closesWords(Connection connection, Caller caller) throws SQLException {
    return false;
  }

  /** Whether something of it is withheld: then the caller cannot change it either. */
  boolean withholds(Connection connection, Caller caller, StoredResource resource)
      throws SQLException;

  /** The same for versions that may be older than the current one: of what was taken back, less. */
  default List<StoredResource> past(
      Connection connection, Caller caller, List<StoredResource> versions) throws SQLException {
    return versions;
  }
}
