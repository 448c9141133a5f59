// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Caller;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * What an answer says of a resource beside what is stored of it: receipts, say, which make no new
 * version. Asked for what is current - reads, searches, includes - and never for former versions.
 */
public interface Annotation {
  /** Nothing is said besides. */
  Annotation NONE =
      new Annotation() {
        @Override
        public boolean concerns(Caller caller, String type) {
          return false;
        }

        @Override
        public List<StoredResource> annotate(
            Connection connection, Caller caller, List<StoredResource> resources) {
          return resources;
        }
      };

  /** Whether there may be something for this caller: asked first, costs nothing. */
  boolean concerns(Caller caller, String type);

  /** The same resources in the same order, some with more in their text. */
  List<StoredResource> annotate(
      Connection connection, Caller caller, List<StoredResource> resources) throws SQLException;
}
