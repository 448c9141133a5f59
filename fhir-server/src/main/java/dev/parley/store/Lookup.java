// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What rules read in the transaction of a write, past visibility: what decides is not bounded by
 * what the caller may see. Nothing of it may be answered. Deleted resources are not there.
 */
public final class Lookup {
  private static final String COLUMNS =
      "select t.name, r.id, r.version, r.updated, r.kind::text, r.body from resource r"
          + " join resource_type t on t.code = r.type where r.body is not null and ";

  private Lookup() {}

  /** The resource that a relative reference names. */
  public static Optional<StoredResource> one(Connection connection, String reference)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(COLUMNS + "r.self = ?")) {
      query.setLong(1, Keys.of(reference));
      return read(query).stream().filter(r -> r.reference().equals(reference)).findFirst();
    }
  }

  /** All resources of a type whose reference parameter names one of these. */
  public static List<StoredResource> referring(
      Connection connection, String type, String parameter, Collection<String> references)
      throws SQLException {
    long key = Keys.param(type, parameter);
    try (PreparedStatement query =
        connection.prepareStatement(COLUMNS + "r.keys && ? and t.name = ?")) {
      query.setObject(1, references.stream().mapToLong(r -> key ^ Keys.of(r)).toArray());
      query.setString(2, type);
      return read(query);
    }
  }

  /** Those of a type in one of these states of which any of these parameters names one of these. */
  public static List<StoredResource> inState(
      Connection connection,
      String type,
      List<String> states,
      List<String> parameters,
      Collection<String> references)
      throws SQLException {
    long status = Keys.param(type, "status");
    try (PreparedStatement query =
        connection.prepareStatement(COLUMNS + "r.keys && ? and r.keys && ? and t.name = ?")) {
      query.setObject(1, states.stream().mapToLong(s -> status ^ Keys.of(s)).toArray());
      query.setObject(
          2,
          parameters.stream()
              .mapToLong(p -> Keys.param(type, p))
              .flatMap(p -> references.stream().mapToLong(r -> p ^ Keys.of(r)))
              .toArray());
      query.setString(3, type);
      return read(query);
    }
  }

  /** The versions of a resource that are no longer current, newest first. */
  public static List<StoredResource> before(Connection connection, String reference)
      throws SQLException {
    String sql =
        COLUMNS.replace("from resource r", "from version r") + "r.self = ? order by version desc";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, Keys.of(reference));
      return read(query);
    }
  }

  /** The last messages of a thread that have been sent, newest first. */
  public static List<StoredResource> newest(Connection connection, String thread, int count)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            COLUMNS + "r.thread = ? order by coalesce(r.at, r.updated) desc, r.self limit ?")) {
      query.setLong(1, Keys.of(thread));
      query.setInt(2, count);
      return read(query);
    }
  }

  private static List<StoredResource> read(PreparedStatement query) throws SQLException {
    List<StoredResource> found = new ArrayList<>();
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        found.add(
            new StoredResource(
                row.getString(1),
                row.getString(2),
                row.getInt(3),
                row.getObject(4, OffsetDateTime.class).toInstant(),
                Change.Kind.of(row.getString(5).charAt(0)),
                row.getString(6)));
      }
    }
    return found;
  }
}
