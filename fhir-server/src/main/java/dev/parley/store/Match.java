// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A row that a search read, with what paging and includes need of it. */
record Match(
    StoredResource resource, long self, Long[] keys, boolean undated, List<String> sortValues) {

  private static final Long[] NOT_READ = {};

  static Match read(
      ResultSet row, ResourceTypes types, PageSql.Statement statement, boolean withKeys)
      throws SQLException {
    List<String> values = new ArrayList<>(statement.sortTypes().size());
    for (int i = 0; i < statement.sortTypes().size(); i++) {
      values.add(SortKey.read(row, "sort" + i, statement.sortTypes().get(i)));
    }
    return read(row, types, statement.undated(), values, withKeys);
  }

  static Match read(
      ResultSet row, ResourceTypes types, boolean undated, List<String> values, boolean withKeys)
      throws SQLException {
    StoredResource resource =
        new StoredResource(
            types.name(row.getShort("type")),
            row.getString("id"),
            row.getInt("version"),
            row.getObject("updated", OffsetDateTime.class).toInstant(),
            Change.Kind.of(row.getString("kind").charAt(0)),
            row.getString("body"));
    Long[] keys = withKeys ? (Long[]) row.getArray("keys").getArray() : NOT_READ;
    return new Match(resource, row.getLong("self"), keys, undated, values);
  }

  boolean has(long key) {
    return Arrays.binarySearch(keys, key) >= 0;
  }
}
