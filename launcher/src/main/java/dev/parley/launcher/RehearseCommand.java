// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.FhirServer;
import dev.parley.bridge.BridgeServer;
import dev.parley.config.Config;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.LiveFeed;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.client.Watch;
import dev.parley.launcher.login.DemoLogin;
import dev.parley.launcher.postgres.LocalPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * Starts everything in a folder of its own, does what clients do first, and ends. The parley script
 * runs it once after a build, for the JVM to write down which classes that takes: later starts are
 * twice as fast.
 */
@Command(name = "rehearse", hidden = true)
final class RehearseCommand implements Runnable {
  private static final String MESSAGE =
      """
      {"resourceType":"Communication","status":"completed","sent":"2026-01-01T10:00:00Z",
       "sender":{"reference":"Practitioner/one"},"recipient":[{"reference":"Practitioner/one"}],
       "payload":[{"contentString":"rehearsal"}]}
      """;

  @Override
  public void run() {
    Logging.off();
    try {
      Path folder = Files.createTempDirectory("parley-rehearsal");
      try (LocalPostgres postgres = LocalPostgres.start(folder, line -> {})) {
        play(postgres.settings(Config.from(Map.of("PARLEY_PORT", "0"))), folder);
      } finally {
        delete(folder);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void play(Config config, Path folder) throws InterruptedException {
    DemoLogin login = new DemoLogin(folder, List::of);
    try (FhirServer fhir = FhirServer.start(config, new BridgeServer(), login)) {
      FhirClient client =
          new FhirClient(fhir.base(), Login.local(fhir.base(), CommandLineKey.SYSTEM));
      client.get("metadata");
      client.post(
          "",
          """
          {"resourceType":"Bundle","type":"transaction","entry":[{
            "resource":{"resourceType":"Practitioner","id":"one","name":[{"family":"One"}]},
            "request":{"method":"PUT","url":"Practitioner/one"}}]}
          """);
      Watch watch = new Watch.Topic("communication", List.of("recipient=Practitioner/one"));
      try (LiveFeed feed = LiveFeed.open(client, watch, line -> {})) {
        feed.follow(() -> client.post("Communication", MESSAGE), (frame, event) -> false);
      }
      client.get(
          "Communication?recipient=Practitioner/one&_sort=-sent&_include=Communication:sender");
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
