// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Caller;
import dev.parley.attachment.Contents.Held;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.Redaction;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Sql;
import dev.parley.store.StoredResource;
import dev.parley.store.Visibility;
import dev.parley.store.Visible;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which Binary is a part of what, read in the transaction of a write. */
final class Parts {
  private final ResourceTypes types;
  private final Visibility visibility;
  private final Redaction redaction;

  Parts(ResourceTypes types, Visibility visibility, Redaction redaction) {
    this.types = types;
    this.visibility = visibility;
    this.redaction = redaction;
  }

  /**
   * A stored Binary.
   *
   * @param claimed whether it is a part of something
   * @param held its bytes, unless a system keeps them in the resource itself
   */
  record Part(StoredResource binary, boolean claimed, Optional<Held> held) {}

  Optional<Part> find(Connection connection, String id) throws SQLException {
    Optional<StoredResource> binary = Lookup.one(connection, "Binary/" + id);
    if (binary.isEmpty()) {
      return Optional.empty();
    }
    boolean claimed = binary.get().text().contains("\"securityContext\"");
    return Optional.of(
        new Part(binary.get(), claimed, Contents.of(connection, Keys.self("Binary", id))));
  }

  /** Whether somebody may put it into what they write: they see it, and read it, too. */
  boolean mayUse(Connection connection, Caller caller, StoredResource binary) throws SQLException {
    Sql condition = visibility.condition(caller, Visibility.Access.REFER, "Binary", "r");
    long self = Keys.self("Binary", binary.id());
    boolean visible =
        condition == Sql.TRUE
            || Visible.among(connection, new long[] {self}, condition).contains(self);
    return visible && !withheld(connection, caller, binary);
  }

  /** Whether it waits for its reader's identity, as the text of its message does. */
  boolean withheld(Connection connection, Caller caller, StoredResource binary)
      throws SQLException {
    return redaction.concerns(caller, "Binary") && redaction.withholds(connection, caller, binary);
  }

  /** Ids of the Binaries that are parts of a message. */
  List<String> of(Connection connection, long message) throws SQLException {
    String sql = "select id from resource where thread = ? and type = ? and body is not null";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, message);
      query.setShort(2, types.code("Binary"));
      List<String> ids = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          ids.add(row.getString(1));
        }
      }
      return ids;
    }
  }
}
