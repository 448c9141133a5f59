// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.db.Database;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The R4 resource types and the numbers that stand for them in the tables. */
public final class ResourceTypes {
  private final Map<String, Short> codes = new HashMap<>();
  private final Map<Short, String> names = new HashMap<>();

  public ResourceTypes(Database database) {
    List<Object[]> rows =
        database.read(
            s ->
                s.createNativeQuery("select code, name from resource_type", Object[].class).list());
    for (Object[] row : rows) {
      codes.put((String) row[1], ((Number) row[0]).shortValue());
      names.put(((Number) row[0]).shortValue(), (String) row[1]);
    }
  }

  public boolean knows(String name) {
    return codes.containsKey(name);
  }

  /** All of them. */
  public List<String> names() {
    return List.copyOf(codes.keySet());
  }

  /** The number of a type; the name must be known. */
  public short code(String name) {
    return codes.get(name);
  }

  public String name(short code) {
    return names.get(code);
  }
}
