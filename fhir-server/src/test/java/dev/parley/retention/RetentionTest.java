// SPDX-License-Identifier: Apache-2.0
package dev.parley.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestClock;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.audit.Holds;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RetentionTest {
  private static final TestClock CLOCK = new TestClock();
  private static TestServer server;

  @BeforeAll
  static void start() {
    Config config = TestDatabase.fresh(Map.of("PARLEY_RETENTION", "Communication=100"));
    server = TestServer.start(config, CLOCK);
    for (String patient : List.of("a", "held", "merged")) {
      server.put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
    }
    server.put(
        "Patient/merged",
        "{\"resourceType\":\"Patient\",\"id\":\"merged\",\"link\":[{\"other\":{\"reference\":\"Patient/held\"},\"type\":\"replaces\"}]}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void message(String id, String patient, String thread) {
    TestServer.Reply reply =
        server.put(
            "Communication/" + id,
            "{\"resourceType\":\"Communication\",\"id\":\"%s\",\"status\":\"completed\",\"subject\":{\"reference\":\"Patient/%s\"}%s,\"payload\":[{\"contentString\":\"MARKED\"}]}"
                .formatted(
                    id,
                    patient,
                    thread == null
                        ? ""
                        : ",\"partOf\":[{\"reference\":\"Communication/" + thread + "\"}]"));
    assertTrue(reply.status() < 300, reply.body());
  }

  /** What is left over after a purge. */
  private static Overdue.Count purged() {
    server.runDue();
    Instant before = CLOCK.instant().minus(Duration.ofDays(100));
    return server
        .server()
        .wiring()
        .database()
        .with(connection -> Overdue.count(connection, "Communication", before));
  }

  private static int status(String id) {
    return server.get("Communication/" + id).status();
  }

  private static boolean anywhere(String word) throws SQLException {
    try (Connection connection = server.server().wiring().database().connection();
        ResultSet row =
            connection
                .createStatement()
                .executeQuery(
                    "select exists (select from resource where body like '%%%1$s%%') or exists (select from version where body like '%%%1$s%%')"
                        .formatted(word))) {
      row.next();
      return row.getBoolean(1);
    }
  }

  @Test
  void what_is_too_old_goes_with_its_versions_and_a_hold_wins() throws SQLException {
    message("thread", "a", null);
    message("old", "a", "thread");
    message("old", "a", "thread");
    message("held", "held", null);
    message("of-merged", "merged", null);
    message("itself", "a", null);
    try (Connection connection = server.server().wiring().database().connection()) {
      Holds.place(connection, "Patient/held", "case 1", CLOCK.instant());
      Holds.place(connection, "Communication/itself", "case 2", CLOCK.instant());
    }
    CLOCK.forward(Duration.ofDays(90));
    message("young", "a", "thread");
    assertEquals(0, purged().held());
    assertEquals(200, status("old"));
    CLOCK.forward(Duration.ofDays(20));
    Overdue.Count left = purged();
    assertEquals(0, left.due());
    assertEquals(3, left.held());
    assertEquals(410, status("old"));
    assertEquals(200, status("young"));
    assertEquals(200, status("thread"), "a thread is as young as what is in it");
    for (String kept : List.of("held", "of-merged", "itself")) {
      assertEquals(200, status(kept), kept);
    }
    assertEquals(404, server.get("Communication/old/_history/1").status());
    assertEquals(200, server.get("Patient/a").status(), "only what the setting names");
    try (Connection connection = server.server().wiring().database().connection()) {
      Holds.release(connection, "Patient/held", CLOCK.instant());
      Holds.release(connection, "Communication/itself", CLOCK.instant());
    }
    CLOCK.forward(Duration.ofDays(100));
    // The thread goes in the second round, once nothing is in it.
    purged();
    assertFalse(anywhere("MARKED"));
    assertEquals(410, status("thread"));
    assertTrue(
        server.get("AuditEvent?subtype=purge&_total=accurate").json().at("/total").asInt() >= 2);
  }

  @Test
  void a_name_that_is_no_type_stops_the_start() {
    Config wrong = server.config().with(Setting.PARLEY_RETENTION, "Comunication=10");
    assertThrows(Config.WrongSettings.class, () -> Terms.of(wrong, type -> false));
    Config audit = server.config().with(Setting.PARLEY_RETENTION, "AuditEvent=10");
    assertThrows(Config.WrongSettings.class, () -> Terms.of(audit, type -> true));
    Config consent = server.config().with(Setting.PARLEY_RETENTION, "Consent=365");
    assertThrows(Config.WrongSettings.class, () -> Terms.of(consent, type -> true));
    assertThrows(
        Config.WrongSettings.class,
        () -> server.config().with(Setting.PARLEY_RETENTION, "Communication"));
  }
}
