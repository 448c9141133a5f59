// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandLineTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir Path data;

  @Test
  void help_names_every_command() {
    assertEquals(0, run("--help"));
    for (CommandLine command : Main.commandLine().getSubcommands().values()) {
      boolean hidden = command.getCommandSpec().usageMessage().hidden();
      String name = command.getCommandName();
      assertTrue(hidden || out.toString().contains("  " + name + " "), name);
    }
    assertTrue(out.toString().contains("test [--long]"));
  }

  @Test
  void flags_are_described_by_the_settings_they_stand_for() {
    assertEquals(0, run("up", "--help"));
    assertTrue(out.toString().contains("(PARLEY_JDBC_URL)"));
  }

  @Test
  void a_wrong_setting_is_one_line_that_names_it() {
    assertEquals(1, run("up", "--port", "eighty", "--data", data.toString()));
    assertEquals("parley: PARLEY_PORT is \"eighty\"; expected port, 0 to 65535\n", err.toString());
  }

  @Test
  void an_unreachable_database_is_one_line() {
    assertEquals(
        1,
        run(
            "up",
            "--insecure-demo-login",
            "--port",
            "0",
            "--jdbc-url",
            "jdbc:postgresql://127.0.0.1:1/none"));
    assertOneLine("parley: cannot connect to the database: ");
  }

  @Test
  void an_address_that_is_none_is_one_line() {
    assertEquals(
        1, run("up", "--insecure-demo-login", "--port", "0", "--jdbc-url", "postgres.example.org"));
    assertOneLine("parley: cannot connect to the database: ");
  }

  @Test
  void up_without_an_issuer_starts_only_where_the_demo_login_may_be() {
    String jdbc = "jdbc:postgresql://127.0.0.1:1/x";
    for (String[] forbidden :
        new String[][] {
          {"up", "--no-demo"},
          {"up", "--jdbc-url", jdbc},
          {"up", "--host", "0.0.0.0"},
          {"up", "--host", "0.0.0.0", "--insecure-demo-login"},
          {"up", "--host", "192.0.2.1", "--no-demo", "--insecure-demo-login"},
          {"fhir-server", "--jdbc-url", jdbc},
          {"ws-bridge", "--jdbc-url", jdbc},
        }) {
      err.getBuffer().setLength(0);
      List<String> arguments = new ArrayList<>(List.of(forbidden));
      arguments.addAll(List.of("--port", "0", "--data", data.toString()));
      assertEquals(1, run(arguments.toArray(String[]::new)), String.join(" ", forbidden));
      assertOneLine("parley: ");
      assertTrue(err.toString().contains("PARLEY_ISSUER"), err.toString());
    }
    assertFalse(Files.exists(data.resolve("postgres")));
  }

  @Test
  void a_token_is_asked_for_one_subject_and_of_a_demo_login() {
    assertEquals(2, run("token"));
    assertEquals(2, run("token", "--as", "nurse", "--system"));
    err.getBuffer().setLength(0);
    assertEquals(1, run("token", "--system", "--port", "1"));
    assertOneLine("parley: no answer from http://127.0.0.1:1");
    assertEquals("", out.toString());
  }

  @Test
  void a_port_in_use_is_one_line_that_says_the_way_out() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      assertEquals(
          1,
          run(
              "up",
              "--insecure-demo-login",
              "--port",
              port,
              "--jdbc-url",
              "jdbc:postgresql://127.0.0.1:1/x"));
      assertOneLine("parley: Cannot listen on 127.0.0.1 port " + port);
      assertTrue(err.toString().contains("choose another with --port"));
    }
  }

  private void assertOneLine(String beginning) {
    assertTrue(err.toString().startsWith(beginning), err.toString());
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertFalse(err.toString().contains("\tat "));
  }

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}
