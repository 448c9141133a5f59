// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.backup;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.client.Watch;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
  /** Not of those that the migrations write. */
  private static final String LOADED = "updated <> '2026-11-23T00:00:00Z'";

  private static final String PATIENT =
      """
      {"resourceType":"Patient","name":[{"family":"Ångström","given":["Tab\\there"]}]}""";
  private static final String MESSAGE =
      """
      {"resourceType":"Communication","status":"completed",
       "recipient":[{"reference":"Practitioner/reader"}],"payload":[{"contentString":"counted"}]}""";
  @TempDir Path folder;

  @Test
  void restored_in_another_cluster_everything_is_there_and_the_log_goes_on() throws Exception {
    Path file = folder.resolve("parley.zip");
    try (TestServer source = TestServer.start()) {
      String id = source.post("Patient", PATIENT).id();
      source.put("Patient/" + id, PATIENT.replace("{\"res", "{\"id\":\"" + id + "\",\"res"));
      source.delete("Patient/" + source.post("Patient", PATIENT).id());
      String before = source.get("Patient/" + id + "/_history").body();
      new Backup(source.config(), line -> {}).write(file);

      try (LocalPostgres postgres = LocalPostgres.start(folder.resolve("data"), line -> {})) {
        Config other =
            postgres.settings(
                Config.from(Map.of("PARLEY_PORT", "0", "PARLEY_INSECURE_NO_LOGIN", "true")));
        new Restore(other, line -> {}).read(file);
        try (TestServer restored = TestServer.start(other, Clock.systemUTC())) {
          assertEquals(
              entries(before, source.base()),
              entries(restored.get("Patient/" + id + "/_history").body(), restored.base()));
          String index = "select count(*) from string_value";
          assertEquals(value(source.config(), index), value(other, index));
          String next = restored.post("Patient", PATIENT).id();
          assertEquals(200, restored.get("Patient/" + next).status());
          assertEquals("5", value(other, "select count(*) from event"));
          assertEquals(next, value(other, "select id from event order by seq desc limit 1"));
        }
      }
    }
  }

  @Test
  void a_subscription_goes_on_counting_in_another_cluster_and_still_knows_what_was()
      throws Exception {
    Path file = folder.resolve("parley.zip");
    String subscription;
    try (TestServer source = TestServer.start()) {
      source.put("Practitioner/reader", "{\"resourceType\":\"Practitioner\",\"id\":\"reader\"}");
      Watch watch = new Watch.Topic("communication", List.of("recipient=Practitioner/reader"));
      subscription = "Subscription/" + source.post("Subscription", watch.subscription()).id();
      source.post("Communication", MESSAGE);
      source.post("Communication", MESSAGE);
      await().atMost(Duration.ofMinutes(1)).until(() -> counted(source, subscription).equals("2"));
      new Backup(source.config(), line -> {}).write(file);
    }
    try (LocalPostgres postgres = LocalPostgres.start(folder.resolve("data"), line -> {})) {
      Config other =
          postgres.settings(
              Config.from(Map.of("PARLEY_PORT", "0", "PARLEY_INSECURE_NO_LOGIN", "true")));
      new Restore(other, line -> {}).read(file);
      try (TestServer restored = TestServer.start(other, Clock.systemUTC())) {
        TestServer.Reply next = restored.post("Communication", MESSAGE);
        assertEquals(201, next.status(), next.body());
        await()
            .atMost(Duration.ofMinutes(1))
            .until(() -> counted(restored, subscription).equals("3"));
        String events = restored.get(subscription + "/$events?eventsSinceNumber=1").body();
        for (int number = 1; number <= 3; number++) {
          assertTrue(
              events.contains("\"event-number\",\"valueString\":\"" + number + "\""), events);
        }
      }
    }
  }

  private static String counted(TestServer server, String subscription) {
    for (var parameter :
        server.get(subscription + "/$status").json().findValues("parameter").get(0)) {
      if (parameter.path("name").asText().equals("events-since-subscription-start")) {
        return parameter.path("valueString").asText();
      }
    }
    return "";
  }

  @Test
  void a_backup_under_writes_is_one_moment() throws Exception {
    try (TestServer source = TestServer.start()) {
      AtomicBoolean done = new AtomicBoolean();
      Thread writer =
          new Thread(
              () -> {
                while (!done.get()) {
                  source.post("Patient", PATIENT);
                }
              });
      source.post("Patient", PATIENT);
      writer.start();
      Path file = folder.resolve("parley.zip");
      new Backup(source.config(), line -> {}).write(file);
      done.set(true);
      writer.join();
      Config other = TestDatabase.fresh();
      new Restore(other, line -> {}).read(file);
      // Each write made one resource and one event; a later table read later would hold more.
      assertEquals(
          value(other, "select count(*) from resource where " + LOADED),
          value(other, "select count(*) from event"));
    }
  }

  @Test
  void only_its_owner_reads_the_file_and_no_file_is_written_over() throws IOException {
    Path file = folder.resolve("parley.zip");
    try (TestServer source = TestServer.start()) {
      new Backup(source.config(), line -> {}).write(file);
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
      PlainError no =
          assertThrows(PlainError.class, () -> new Backup(source.config(), line -> {}).write(file));
      assertTrue(no.getMessage().contains("exists"));
    }
  }

  @Test
  void a_database_with_resources_and_a_torn_file_are_refused_and_nothing_changes()
      throws Exception {
    Path file = folder.resolve("parley.zip");
    Path torn = folder.resolve("torn.zip");
    try (TestServer source = TestServer.start()) {
      source.post("Patient", PATIENT);
      new Backup(source.config(), line -> {}).write(file);
      assertThrows(PlainError.class, () -> new Restore(source.config(), line -> {}).read(file));
      assertEquals("1", value(source.config(), "select count(*) from resource where " + LOADED));
    }
    byte[] whole = Files.readAllBytes(file);
    Files.write(torn, Arrays.copyOf(whole, whole.length / 2));
    Config other = TestDatabase.fresh();
    assertThrows(PlainError.class, () -> new Restore(other, line -> {}).read(torn));
    assertFalse(Files.exists(folder.resolve("parley.zip.part")));
  }

  @Test
  void with_a_key_the_file_tells_nothing_and_only_that_key_restores_it() throws Exception {
    String old = "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=";
    String next = "bmV4dG5leHRuZXh0bmV4dG5leHRuZXh0bmV4dG5leHQ=";
    Path file = folder.resolve("parley.backup");
    String there;
    try (TestServer source = TestServer.start()) {
      source.post("Patient", PATIENT);
      there = value(source.config(), "select count(*) from resource");
      new Backup(source.config().with(Setting.PARLEY_BACKUP_KEY, old), line -> {}).write(file);
    }
    String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    assertFalse(bytes.contains("tables/") || bytes.contains("manifest"), "it names its tables");
    Config other = TestDatabase.fresh();
    for (String wrong : List.of("", next)) {
      Config with = other.with(Setting.PARLEY_BACKUP_KEY, wrong);
      PlainError no =
          assertThrows(PlainError.class, () -> new Restore(with, line -> {}).read(file));
      assertTrue(no.getMessage().contains("PARLEY_BACKUP_KEY"), no.getMessage());
    }
    byte[] changed = Files.readAllBytes(file);
    changed[changed.length / 2] ^= 1;
    Path torn = Files.write(folder.resolve("torn.backup"), changed);
    Config right = other.with(Setting.PARLEY_BACKUP_KEY, next + "," + old);
    PlainError no = assertThrows(PlainError.class, () -> new Restore(right, line -> {}).read(torn));
    assertTrue(no.getMessage().contains("restore failed"), no.getMessage());
    new Restore(right, line -> {}).read(file);
    assertEquals(there, value(other, "select count(*) from resource"));
  }

  private static String entries(String history, String base) throws IOException {
    return new ObjectMapper().readTree(history.replace(base, "BASE")).at("/entry").toString();
  }

  private static String value(Config config, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                config.text(Setting.PARLEY_JDBC_URL),
                config.text(Setting.PARLEY_JDBC_USER),
                config.text(Setting.PARLEY_JDBC_PASSWORD));
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
