// SPDX-License-Identifier: Apache-2.0
package dev.parley.db;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database that turns read-only or goes away, under a server that goes on. */
class OutageTest {
  private static final String PATIENT = "{\"resourceType\":\"Patient\",\"id\":\"p\"}";
  private TestServer server;
  private String database;

  @BeforeEach
  void start() {
    Config config = TestDatabase.fresh();
    String url = config.text(Setting.PARLEY_JDBC_URL);
    database = url.substring(url.lastIndexOf('/') + 1);
    server = TestServer.start(config, Clock.systemUTC());
    assertEquals(201, server.put("Patient/p", PATIENT).status());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void asAdministrator(String... statements) {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://localhost:%d/postgres"
                    .formatted(TestDatabase.postgres().getPort()),
                "postgres",
                "");
        Statement statement = connection.createStatement()) {
      for (String sql : List.of(statements)) {
        statement.execute(sql.replace("$db", database));
      }
      statement.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = '"
              + database
              + "'");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void refused(Reply reply) {
    refused(reply, "database-unavailable");
  }

  private static void refused(Reply reply, String reason) {
    assertEquals(503, reply.status(), reply.body());
    assertNotNull(reply.header("Retry-After"));
    assertEquals(reason, reply.reason());
  }

  @Test
  void a_read_only_database_cannot_be_audited_so_nothing_is_read_until_it_is_writable() {
    asAdministrator("alter database $db set default_transaction_read_only = on");
    await().until(() -> server.get("Patient/p").reason().equals("audit-unavailable"));
    refused(server.put("Patient/p", PATIENT));
    refused(server.get("Patient/p"), "audit-unavailable");
    refused(server.get("Patient?_id=p"), "audit-unavailable");
    asAdministrator("alter database $db reset default_transaction_read_only");
    await().until(() -> server.put("Patient/p", PATIENT).status() == 200);
    assertEquals("2", server.get("Patient/p").json().at("/meta/versionId").asText());
  }

  @Test
  void a_database_that_is_away_is_503_at_every_door_and_all_recovers_when_it_is_back() {
    asAdministrator("alter database $db allow_connections false");
    await().until(() -> server.put("Patient/p", PATIENT).status() == 503);
    refused(server.put("Patient/p", PATIENT));
    refused(server.get("Patient/p"));
    refused(server.get("Patient?_id=p"));
    refused(server.get("Patient/p/_history"));
    asAdministrator("alter database $db allow_connections true");
    await().until(() -> server.put("Patient/p", PATIENT).status() == 200);
    assertEquals(200, server.get("Patient/p").status());
  }
}
