// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.audit.Chain.Report;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever is done to sealed rows by SQL is found, and where (G-16). */
class ChainTest {
  private static final int SEGMENTS = 4;

  /** Sealed once; each fault is done to a copy. */
  private static Config sealed;

  @BeforeAll
  static void seal() {
    try (TestServer server = server(Map.of())) {
      sealed = server.config();
    }
  }

  /** A server with some segments of three rows each: a write and two reads. */
  private static TestServer server(Map<String, String> settings) {
    TestServer server = TestServer.start(settings);
    for (int i = 1; i <= SEGMENTS; i++) {
      server.put("Patient/p" + i, TrailTest.patient("p" + i));
      server.get("Patient/p" + i);
      server.get("AuditEvent?_count=1");
    }
    return server;
  }

  private static Report verify(Config config, String key, String head) throws SQLException {
    try (Connection connection = TestDatabase.connect(config)) {
      return new Chain(key, 2192).verify(connection, head);
    }
  }

  private static void sql(Config config, String statement) throws SQLException {
    try (Connection connection = TestDatabase.connect(config);
        Statement work = connection.createStatement()) {
      work.execute(statement);
    }
  }

  private static String faults(String statement) throws SQLException {
    Config copy = TestDatabase.copy(sealed);
    assertEquals(List.of(), verify(copy, "", null).faults());
    sql(copy, statement);
    return String.join("\n", verify(copy, "", null).faults());
  }

  @Test
  void an_untouched_chain_is_whole_and_says_where_it_stands() throws SQLException {
    try (TestServer server = server(Map.of())) {
      Report report = verify(server.config(), "", null);
      assertEquals(List.of(), report.faults());
      assertTrue(report.segments() >= SEGMENTS, report.toString());
      assertTrue(report.entries() >= 2 * SEGMENTS, report.toString());
      server.get("Patient/p1");
      server.get("AuditEvent?_count=1");
      assertEquals(List.of(), verify(server.config(), "", report.head()).faults());
      assertEquals(1, verify(server.config(), "", "1:00").faults().size());
    }
  }

  @Test
  void a_changed_row_is_found() throws SQLException {
    assertTrue(
        faults("update audit set agent = 'Practitioner/other' where segment = 2 and position = 1")
            .contains("segment 2: a row was changed"));
  }

  @Test
  void a_missing_row_is_found() throws SQLException {
    assertTrue(
        faults("delete from audit where segment = 2 and position = 1")
            .contains("segment 2: 1 of "));
  }

  @Test
  void an_inserted_row_is_found() throws SQLException {
    assertTrue(
        faults(
                """
                      insert into audit (month, segment, position, at, action, agent, client, patients, outcome, recipients)
                      select month, segment, 99, at, action, agent, client, patients, outcome, recipients
                      from audit where segment = 3 and position = 1""")
            .contains("segment 3: 1 rows were inserted"));
  }

  @Test
  void rows_under_a_segment_that_was_never_sealed_are_found() throws SQLException {
    assertTrue(
        faults(
                """
                insert into audit (month, segment, position, at, action, agent, client, patients, outcome, recipients)
                select month, 99999, 1, at, action, agent, client, patients, outcome, recipients
                from audit where segment = 3 and position = 1""")
            .contains("segment 99999"));
  }

  @Test
  void a_missing_segment_is_found() throws SQLException {
    String faults =
        faults("delete from audit where segment = 2; delete from audit_segment where number = 2");
    assertTrue(faults.contains("segments 2 to 2 are missing"), faults);
    assertTrue(faults.contains("segment 3 does not fit its seal"), faults);
  }

  @Test
  void a_segment_made_to_fit_its_rows_does_not_fit_its_seal() throws SQLException {
    assertTrue(
        faults(
                """
                delete from audit where segment = 2 and position = 1;
                update audit_segment s set (entries, content) = (select count(*), %s from audit where segment = 2)
                where number = 2"""
                    .formatted(AuditSql.CONTENT))
            .contains("segment 2 does not fit its seal"));
  }

  @Test
  void a_purge_that_came_too_early_is_found() throws SQLException {
    assertTrue(
        faults(
                "delete from audit where segment = 2;"
                    + " update audit_segment set purged = now() where number = 2")
            .contains("segment 2 was purged too early"));
  }

  @Test
  void with_a_key_the_database_alone_cannot_seal_anew() throws SQLException {
    try (TestServer server = server(Map.of("PARLEY_AUDIT_KEY", "first-key"))) {
      server.close();
      assertEquals(List.of(), verify(server.config(), "second-key,first-key", null).faults());
      assertTrue(verify(server.config(), "", null).faults().get(0).contains("PARLEY_AUDIT_KEY"));
      assertTrue(
          verify(server.config(), "wrong", null).faults().get(0).contains("does not fit its seal"));
      sql(server.config(), "update audit_segment set keyed = false where number = 2");
      assertTrue(
          verify(server.config(), "first-key", null)
              .faults()
              .contains("segment 2 is sealed without the key"));
    }
  }

  @Test
  void many_writers_and_two_processes_leave_one_whole_chain() throws Exception {
    try (TestServer one = server(Map.of());
        TestServer two =
            TestServer.start(one.config().with(Setting.PARLEY_PORT, "0"), Clock.systemUTC())) {
      List<Thread> threads =
          IntStream.range(0, 8)
              .mapToObj(
                  i ->
                      new Thread(
                          () -> {
                            TestServer mine = i % 2 == 0 ? one : two;
                            for (int n = 0; n < 40; n++) {
                              mine.get("Patient/p1", "X-Request-Id", "many");
                              if (n % 10 == 0) {
                                mine.get("AuditEvent?_count=1");
                              }
                            }
                          }))
              .toList();
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
      one.get("AuditEvent?_count=1");
      assertEquals(List.of(), verify(one.config(), "", null).faults());
      try (Connection connection = TestDatabase.connect(one.config());
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery("select count(*) from audit where request = 'many'")) {
        row.next();
        assertEquals(320, row.getInt(1));
      }
    }
  }
}
