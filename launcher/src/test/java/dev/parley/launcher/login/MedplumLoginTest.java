// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.bridge.BridgeServer;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.Login;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The published client of Medplum, unmodified, logs in at the demo provider and works with it. */
class MedplumLoginTest {
  private static final Path FOLDER = Path.of("../ws-bridge/src/test/node");
  private static final ObjectMapper JSON = new ObjectMapper();
  private final List<JsonNode> events = new CopyOnWriteArrayList<>();
  @TempDir Path data;

  @BeforeAll
  static void install() throws Exception {
    if (!Files.exists(FOLDER.resolve("node_modules/@medplum/core/package.json"))) {
      Process npm =
          new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund")
              .directory(FOLDER.toFile())
              .inheritIO()
              .start();
      assertTrue(npm.waitFor(3, TimeUnit.MINUTES) && npm.exitValue() == 0, "npm ci");
    }
  }

  @Test
  void it_logs_in_by_secret_subscribes_and_receives() throws Exception {
    try (Provider provider = Provider.start(data, new BridgeServer()).withPeople()) {
      Process node = node(provider, provider.client("demo-ehr").path("client_secret").asText());
      try {
        JsonNode login = event(e -> e.path("event").asText().equals("login"));
        assertEquals("ClientApplication", login.at("/profile/resourceType").asText());
        assertEquals(200, provider.fhir("Patient/tim", login.path("bearer").asText()));
        event(e -> e.path("event").asText().equals("connect"));
        FhirClient system = new FhirClient(provider.root(), Login.local(provider.root(), "system"));
        system.post(
            "Communication",
            """
            {"resourceType":"Communication","status":"completed","sender":{"reference":"Patient/tim"},
             "recipient":[{"reference":"Practitioner/ann"}],"payload":[{"contentString":"over the socket"}]}
            """);
        JsonNode message = event(e -> e.path("event").asText().equals("message"));
        assertEquals("over the socket", message.path("text").asText());
      } finally {
        node.destroy();
      }
    }
  }

  @Test
  void with_a_wrong_secret_it_is_refused() throws Exception {
    try (Provider provider = Provider.start(data, new BridgeServer()).withPeople()) {
      Process node = node(provider, "wrong");
      assertTrue(node.waitFor(1, TimeUnit.MINUTES));
      assertEquals(1, node.exitValue());
      assertEquals(List.of(), events);
    }
  }

  private Process node(Provider provider, String secret) throws IOException {
    ProcessBuilder command =
        new ProcessBuilder(
                "node",
                "medplum.mjs",
                provider.root() + "/",
                "Communication?recipient=Practitioner/ann")
            .directory(FOLDER.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    command.environment().put("CLIENT_ID", "demo-ehr");
    command.environment().put("CLIENT_SECRET", secret);
    Process node = command.start();
    Thread reader = new Thread(() -> read(node), "node");
    reader.setDaemon(true);
    reader.start();
    return node;
  }

  private void read(Process node) {
    try (BufferedReader lines = node.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("{\"event\"")) {
          events.add(JSON.readTree(line));
        }
      }
    } catch (IOException e) {
      // The process was ended.
    }
  }

  private JsonNode event(Predicate<JsonNode> wanted) {
    await().atMost(Duration.ofSeconds(40)).until(() -> events.stream().anyMatch(wanted));
    return events.stream().filter(wanted).findFirst().orElseThrow();
  }
}
