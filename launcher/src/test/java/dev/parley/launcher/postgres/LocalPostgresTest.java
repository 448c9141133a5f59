// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Durability;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

class LocalPostgresTest {
  private static final Config DEFAULTS = Config.from(Map.of());
  private final List<String> said = new ArrayList<>();
  @TempDir Path data;

  @Test
  void what_was_written_is_there_after_a_stop() throws Exception {
    try (LocalPostgres postgres = LocalPostgres.start(data, said::add)) {
      execute(postgres, "create table note (id int)");
      execute(postgres, "insert into note values (1)");
    }
    try (LocalPostgres postgres = LocalPostgres.start(data, said::add)) {
      assertEquals("1", value(postgres, "select count(*) from note"));
    }
  }

  @Test
  void it_is_durable_and_wants_the_password_that_only_its_owner_reads() throws Exception {
    try (LocalPostgres postgres = LocalPostgres.start(data, said::add)) {
      Config config = postgres.settings(DEFAULTS);
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(config.text(Setting.PARLEY_JDBC_URL));
      source.setUser(config.text(Setting.PARLEY_JDBC_USER));
      source.setPassword(config.text(Setting.PARLEY_JDBC_PASSWORD));
      assertDoesNotThrow(() -> Durability.check(source));
      source.setPassword("guessed");
      assertThrows(SQLException.class, source::getConnection);
      assertEquals("127.0.0.1", value(postgres, "show listen_addresses"));
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("password"))));
    }
  }

  @Test
  void a_killed_postgres_comes_back_on_the_same_port_with_everything() throws Exception {
    try (LocalPostgres postgres = LocalPostgres.start(data, said::add)) {
      execute(postgres, "create table note (id int)");
      execute(postgres, "insert into note values (1)");
      ProcessHandle.of(postmaster().pid()).orElseThrow().destroyForcibly();
      await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> value(postgres, "select count(*) from note").equals("1"));
    }
  }

  @Test
  void a_postgres_left_over_by_a_killed_parley_is_stopped_and_started_anew() throws Exception {
    LocalPostgres.start(data, said::add).abandon();
    long first = postmaster().pid();
    try (LocalPostgres postgres = LocalPostgres.start(data, said::add)) {
      assertTrue(said.contains("Stopping the PostgreSQL that an earlier Parley left running"));
      assertTrue(ProcessHandle.of(first).map(p -> !p.isAlive()).orElse(true));
      assertEquals("1", value(postgres, "select 1"));
    }
  }

  @Test
  void a_pid_file_whose_number_belongs_to_another_program_is_no_obstacle() throws Exception {
    LocalPostgres.start(data, said::add).close();
    String stale =
        "%d\n%s\n1\n5432\n\n127.0.0.1\n 1 1\nready\n"
            .formatted(ProcessHandle.current().pid(), data);
    Files.writeString(data.resolve("postgres/postmaster.pid"), stale);
    try (LocalPostgres postgres = LocalPostgres.start(data, said::add)) {
      assertEquals("1", value(postgres, "select 1"));
    }
  }

  @Test
  void a_second_parley_is_kept_out_and_told_who_is_in() {
    try (LocalPostgres postgres = LocalPostgres.start(data, said::add)) {
      PlainError no = assertThrows(PlainError.class, () -> LocalPostgres.start(data, said::add));
      assertTrue(
          no.getMessage()
              .contains("in use by another Parley (process " + ProcessHandle.current().pid()));
      assertTrue(LocalPostgres.running(data).isPresent());
    }
    assertTrue(LocalPostgres.running(data).isEmpty());
  }

  @Test
  void a_folder_of_another_major_version_is_refused_in_one_line() throws IOException {
    Files.createDirectory(data.resolve("postgres"));
    Files.createFile(data.resolve("parley.lock"));
    Files.writeString(data.resolve("postgres/PG_VERSION"), "14\n");
    PlainError no = assertThrows(PlainError.class, () -> LocalPostgres.start(data, said::add));
    assertTrue(no.getMessage().contains("made by PostgreSQL 14, this Parley brings 18"));
  }

  @Test
  void a_folder_that_holds_something_else_is_left_alone() throws IOException {
    Files.writeString(data.resolve("thesis.txt"), "mine");
    PlainError no = assertThrows(PlainError.class, () -> LocalPostgres.start(data, said::add));
    assertTrue(no.getMessage().contains("holds something else"));
    assertEquals(1, Files.list(data).count());
  }

  private Postmaster postmaster() {
    return Postmaster.of(data.resolve("postgres")).orElseThrow();
  }

  private static void execute(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection = connect(postgres)) {
      connection.createStatement().execute(sql);
    }
  }

  private static String value(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection = connect(postgres)) {
      var rows = connection.createStatement().executeQuery(sql);
      rows.next();
      return rows.getString(1);
    }
  }

  private static Connection connect(LocalPostgres postgres) throws SQLException {
    Config config = postgres.settings(DEFAULTS);
    return DriverManager.getConnection(
        config.text(Setting.PARLEY_JDBC_URL),
        config.text(Setting.PARLEY_JDBC_USER),
        config.text(Setting.PARLEY_JDBC_PASSWORD));
  }
}
