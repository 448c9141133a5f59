// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatabaseTest {
  @Test
  void the_schema_knows_every_resource_type() {
    try (Database database = Database.open(TestDatabase.fresh(), List.of())) {
      long types =
          database.read(
              s ->
                  s.createNativeQuery("select count(*) from resource_type", Long.class)
                      .getSingleResult());
      assertEquals(146, types);
    }
  }
}
