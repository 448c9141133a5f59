// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long rows are kept (G-19, G-28, G-31). */
class PurgeTest {
  private static final int SIX_YEARS = 2192;
  private final TestClock clock = new TestClock();
  private TestServer server;
  private Connection connection;

  @BeforeEach
  void start() throws SQLException {
    // The server's own purge, which the clock sets off, finds nothing.
    server =
        TestServer.start(TestDatabase.fresh(Map.of("PARLEY_AUDIT_RETENTION_DAYS", "90000")), clock);
    connection = TestDatabase.connect(server.config());
    touch("p1");
    touch("p2");
  }

  @AfterEach
  void stop() throws SQLException {
    connection.close();
    server.close();
  }

  /** A write and a read, in a segment of their own. */
  private void touch(String patient) {
    server.put("Patient/" + patient, TrailTest.patient(patient));
    seal();
  }

  private void seal() {
    server.get("AuditEvent?_count=0");
    clock.forward(Duration.ofSeconds(2));
  }

  private Purge.Report purge(boolean dry) throws SQLException {
    return Purge.run(connection, SIX_YEARS, clock.instant(), dry);
  }

  private int found(String query) {
    return server.get("AuditEvent?_total=accurate&" + query).json().at("/total").asInt();
  }

  private void verify() throws SQLException {
    assertEquals(
        List.of(), new Chain("", SIX_YEARS).verify(connection, null).faults(), "the chain");
  }

  private boolean exists(String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select to_regclass('" + table + "') is not null")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  @Test
  void what_is_younger_stays() throws SQLException {
    clock.forward(Duration.ofDays(SIX_YEARS - 1));
    assertEquals(0, purge(false).segments());
    assertEquals(1, found("patient=Patient/p1&subtype=update"));
  }

  @Test
  void what_is_older_goes_with_its_partition_and_the_chain_stays_whole() throws SQLException {
    String month = "%1$tY%1$tm".formatted(Date.from(clock.instant()));
    assertTrue(exists("audit_" + month));
    clock.forward(Duration.ofDays(SIX_YEARS + 40));
    Purge.Report dry = purge(true);
    assertTrue(dry.entries() >= 2, dry.toString());
    assertEquals(1, found("patient=Patient/p1&subtype=update"));
    Purge.Report report = purge(false);
    assertTrue(report.segments() >= 2, report.toString());
    assertEquals(0, report.held());
    assertFalse(exists("audit_" + month));
    assertEquals(0, found("patient=Patient/p1&subtype=update"));
    assertEquals(1, found("subtype=purge"), "a purge is recorded itself");
    verify();
    assertEquals(0, purge(false).segments());
  }

  @Test
  void a_hold_wins_over_age_until_it_is_released() throws SQLException { // G-31
    Holds.place(connection, "Patient/p1", "case 12", clock.instant());
    clock.forward(Duration.ofDays(SIX_YEARS + 40));
    Purge.Report report = purge(false);
    assertTrue(report.held() > 0, report.toString());
    assertEquals(1, found("patient=Patient/p1&subtype=update"));
    assertEquals(0, found("patient=Patient/p2&subtype=update"));
    verify();
    assertTrue(Holds.release(connection, "Patient/p1", clock.instant()));
    assertTrue(purge(false).segments() > 0);
    assertEquals(0, found("patient=Patient/p1&subtype=update"));
    verify();
  }

  @Test
  void a_hold_on_a_resource_or_on_a_person_keeps_their_rows() throws SQLException {
    server.put("Location/l1", "{\"resourceType\":\"Location\",\"id\":\"l1\"}");
    seal();
    Holds.place(connection, "Location/l1", "case 13", clock.instant());
    clock.forward(Duration.ofDays(SIX_YEARS + 40));
    purge(false);
    assertEquals(1, found("entity=Location/l1&subtype=update"));
    assertEquals(0, found("patient=Patient/p1&subtype=update"));
    verify();
  }

  @Test
  void holds_are_recorded_when_placed_and_when_released() throws SQLException {
    Holds.place(connection, "Patient/p1", "case 12", clock.instant());
    Holds.release(connection, "Patient/p1", clock.instant());
    assertEquals(2, found("subtype=hold&patient=Patient/p1"));
  }
}
