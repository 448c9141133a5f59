// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import dev.parley.config.Setting;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class DurabilityTest {

  @Test
  void a_server_that_may_lose_what_it_acknowledged_is_refused_by_the_setting_s_name() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(TestDatabase.fresh().text(Setting.PARLEY_JDBC_URL));
    source.setUser("postgres");
    assertDoesNotThrow(() -> Durability.check(source));
    source.setOptions("-c synchronous_commit=off");
    UnusableDatabase no = assertThrows(UnusableDatabase.class, () -> Durability.check(source));
    assertEquals(
        "the database could lose what it acknowledged: synchronous_commit is off, must be on",
        no.getMessage());
  }

  @Test
  void a_server_that_cannot_be_reached_is_one_line() {
    PGSimpleDataSource nowhere = new PGSimpleDataSource();
    nowhere.setUrl("jdbc:postgresql://127.0.0.1:1/none");
    UnusableDatabase no = assertThrows(UnusableDatabase.class, () -> Durability.check(nowhere));
    assertTrue(no.getMessage().startsWith("the database cannot be asked: "));
  }
}
