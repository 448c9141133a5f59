// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The real npm client. Its login is a later issue's: {@code medplum.mjs} stands in for two
 * addresses of it; everything else it does with this server.
 */
class MedplumClientTest {
  private static final Path FOLDER = Path.of("src/test/node");
  private static final String CRITERIA = "Communication?recipient=Practitioner/dr-1";
  private Live live;
  private Client client;

  @BeforeAll
  static void install() throws Exception {
    String version;
    try {
      version = run(Path.of("."), "node", "--version");
    } catch (IOException e) {
      throw new AssertionError("This test needs Node.js 20 or newer on the PATH; there is none", e);
    }
    assertTrue(
        Integer.parseInt(version.replaceFirst("v(\\d+).*", "$1").strip()) >= 20,
        "This test needs Node.js 20 or newer; this is " + version);
    if (!Files.exists(FOLDER.resolve("node_modules/@medplum/core/package.json"))) {
      run(FOLDER, "npm", "ci", "--no-audit", "--no-fund");
    }
  }

  private static String run(Path folder, String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(3, TimeUnit.MINUTES), String.join(" ", command));
    assertEquals(0, process.exitValue(), said);
    return said;
  }

  @AfterEach
  void stop() {
    if (client != null) {
      client.close();
    }
    live.close();
  }

  /** The node process and what it has said. */
  private static final class Client implements AutoCloseable {
    final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private final Process process;

    Client(String base, String... criteria) throws IOException {
      List<String> command = new java.util.ArrayList<>(List.of("node", "medplum.mjs", base));
      command.addAll(List.of(criteria));
      process =
          new ProcessBuilder(command).directory(FOLDER.toFile()).redirectErrorStream(true).start();
      Thread reader = new Thread(this::read);
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(process.getInputStream()))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("{\"event\"")) {
            events.add(TestSocket.json(line));
          }
        }
      } catch (IOException e) {
        // The process was ended.
      }
    }

    long count(String event) {
      return events.stream().filter(e -> e.path("event").asText().equals(event)).count();
    }

    List<String> messages() {
      return events.stream()
          .filter(e -> e.path("event").asText().equals("message"))
          .map(e -> e.path("text").asText())
          .toList();
    }

    @Override
    public void close() {
      process.destroy();
    }
  }

  private static void eventually(org.awaitility.core.ThrowingRunnable check) {
    await().atMost(Duration.ofSeconds(40)).untilAsserted(check);
  }

  @Test
  void it_connects_receives_survives_a_restart_and_misses_nothing() throws Exception {
    live = Live.start(Map.of());
    Live bridge = live.another();
    int port = bridge.server.server().port();
    client = new Client("http://127.0.0.1:" + port + "/", CRITERIA, "Communication?status=stopped");
    eventually(() -> assertEquals(2, client.count("connect"), client.events.toString()));
    live.say("one");
    live.say("two");
    eventually(() -> assertEquals(List.of("one", "two"), client.messages()));
    // Two of its pings have to be answered for it to stay; our heartbeat reaches it as well.
    eventually(() -> assertTrue(client.count("heartbeat") > 0));
    assertEquals(0, client.count("close"));

    bridge.close();
    eventually(() -> assertEquals(1, client.count("close")));
    live.say("missed one");
    live.say("missed two");
    Live again = live.anotherOn(port);
    try {
      eventually(() -> assertEquals(4, client.count("connect"), client.events.toString()));
      live.say("three");
      eventually(
          () ->
              assertEquals(
                  List.of("one", "two", "missed one", "missed two", "three"),
                  client.messages().stream().distinct().toList()));
      assertEquals(0, client.count("error"), client.events.toString());
    } finally {
      again.close();
    }
  }

  @Test
  void criteria_that_cannot_be_judged_are_an_error_to_it() throws Exception {
    live = Live.start(Map.of());
    client =
        new Client(
            "http://127.0.0.1:" + live.server.server().port() + "/",
            "Communication?sent=gt2026-01-01");
    eventually(() -> assertTrue(client.count("error") > 0, client.events.toString()));
    assertTrue(client.events.toString().contains("sent"), client.events.toString());
  }
}
