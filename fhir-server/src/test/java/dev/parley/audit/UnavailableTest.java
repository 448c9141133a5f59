// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be audited is not done, but for break-glass (G-15). */
class UnavailableTest {
  @TempDir Path folder;
  private Path spool;
  private TestServer server;
  private TestServer doctor;

  @BeforeEach
  void start() {
    spool = folder.resolve("data/audit.spool");
    server =
        TestServer.withLogin(Map.of("PARLEY_AUDIT_SPOOL", spool.toString()), Clock.systemUTC());
    server
        .asSystem()
        .put(
            "Practitioner/dr-1",
            "{\"resourceType\":\"Practitioner\",\"id\":\"dr-1\",\"active\":true}");
    doctor =
        server.as(
            server
                .issuer()
                .token("Practitioner/dr-1", "user/*.cruds", Map.of("roles", List.of("clinician"))));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void sql(String statement) throws SQLException {
    try (Connection connection = TestDatabase.connect(server.config());
        Statement work = connection.createStatement()) {
      work.execute(statement);
    }
  }

  private void breakTheTrail() throws SQLException {
    sql("alter table audit_inbox add constraint full_disk check (false) not valid");
  }

  private void mendTheTrail() throws SQLException {
    sql("alter table audit_inbox drop constraint full_disk");
  }

  @Test
  void nothing_is_read_written_or_refused_without_its_row() throws SQLException {
    TestServer system = server.asSystem();
    system.put("Patient/p1", TrailTest.patient("p1"));
    breakTheTrail();
    for (Reply reply :
        List.of(
            system.get("Patient/p1"),
            system.get("Patient/p1/_history"),
            system.get("Patient?_id=p1"),
            system.get("Subscription/$status"),
            doctor.get("AuditEvent"),
            server.as("x.y.z").get("Patient/p1"))) {
      assertEquals(503, reply.status(), reply.body());
      assertEquals("audit-unavailable", reply.reason());
      assertEquals("5", reply.header("Retry-After"));
      assertFalse(reply.body().contains("birthDate"));
    }
    assertTrue(system.put("Patient/p2", TrailTest.patient("p2")).status() >= 500);
    mendTheTrail();
    assertEquals(404, system.get("Patient/p2").status());
    assertEquals(200, system.get("Patient/p1").status());
  }

  @Test
  void break_glass_goes_on_spooled_and_flagged_and_is_taken_in_later() throws Exception {
    breakTheTrail();
    String id = "Practitioner/dr-1";
    assertEquals(503, doctor.get(id).status());
    assertEquals(503, doctor.get(id, "X-Purpose-Of-Use", "ETREAT;reason=urgent").status());
    assertFalse(Files.exists(spool));
    Reply read =
        doctor.get(
            id, "X-Purpose-Of-Use", "BTG;reason=unconscious patient", "X-Request-Id", "glass-1");
    assertEquals(200, read.status(), read.body());
    assertTrue(Files.readString(spool).contains("glass-1"));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(spool)));
    mendTheTrail();
    await().until(() -> !Files.exists(spool));
    Reply found = server.asSystem().get("AuditEvent?entity.identifier=glass-1");
    assertEquals(1, found.json().at("/total").asInt(), found.body());
    assertTrue(found.body().contains("unconscious patient"), found.body());
    assertTrue(found.body().contains("spooled"), found.body());
    assertTrue(found.body().contains("\"BTG\""), found.body());
  }

  @Test
  void where_not_even_the_spool_can_be_written_break_glass_reads_nothing()
      throws SQLException, IOException {
    Files.writeString(folder.resolve("data"), "a file where the folder should be");
    breakTheTrail();
    Reply read = doctor.get("Practitioner/dr-1", "X-Purpose-Of-Use", "BTG;reason=unconscious");
    assertEquals(503, read.status());
  }

  @Test
  void only_clinicians_break_the_glass() throws SQLException {
    breakTheTrail();
    TestServer clerk = server.asUser("Practitioner/dr-1");
    for (TestServer each : List.of(clerk, server.asSystem())) {
      Reply read = each.get("Practitioner/dr-1", "X-Purpose-Of-Use", "BTG;reason=unconscious");
      assertEquals(503, read.status(), read.body());
    }
    assertFalse(Files.exists(spool));
  }
}
