// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.TestServer;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.terminal.PlainError;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class BenchmarkTest {
  private final List<String> said = new ArrayList<>();

  @TempDir private Path folder;

  @Test
  void every_row_over_http_runs_beside_its_limits_without_a_wrong_answer() throws Exception {
    List<String> rows = List.of("load", "post", "read", "thread", "inbox", "fresh");
    Path lines = folder.resolve("lines");
    try (TestServer server = TestServer.start();
        Benchmark benchmark =
            Benchmark.of(
                plan(rows, lines),
                URI.create(server.base()),
                Login.NONE,
                0,
                server.config(),
                said::add)) {
      assertEquals(0, benchmark.run(), () -> String.join("\n", said));
    }
    String results = Files.readString(lines);
    for (String row : rows) {
      assertTrue(results.contains("\"row\":\"" + row + "\",\"who\":\"Parley\""), results);
    }
    assertTrue(results.contains("JDBC insert") && results.contains("HAPI from memory"), results);
    assertFalse(results.contains("first_error"), results);
  }

  @Test
  void people_with_logins_get_their_inbox_and_exact_counters() throws Exception {
    Path lines = folder.resolve("lines");
    try (TestServer server = TestServer.withLogin();
        Benchmark benchmark =
            Benchmark.of(
                plan(List.of("load", "find", "inbox500", "room"), lines),
                URI.create(server.base()),
                Login.token(server.issuer().system("system/*.cruds")),
                0,
                server.config(),
                said::add)) {
      Logins.people(
          URI.create(server.base()),
          who -> Login.token(server.issuer().token(who, "user/*.cruds")));
      assertEquals(0, benchmark.run(), () -> String.join("\n", said));
    }
    String results = Files.readString(lines);
    assertTrue(results.contains("\"row\":\"find\""), results);
    assertTrue(results.contains("\"row\":\"inbox500\""), results);
    assertTrue(results.matches("(?s).*\"row\":\"room\".*\"wrong\":0[,}].*"), results);
  }

  @Test
  void a_server_of_another_machine_is_not_measured() {
    assertThrows(
        PlainError.class,
        () ->
            Benchmark.of(
                plan(List.of(), null),
                URI.create("http://192.0.2.1:80/fhir/R4"),
                Login.NONE,
                0,
                null,
                said::add));
  }

  private static Plan plan(List<String> rows, Path lines) {
    return new Plan(rows, 100_000, 1_000, 30, 30, 16, 10_000, null, lines, null).quick();
  }
}
