// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.FhirServer;
import dev.parley.bridge.BridgeServer;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.terminal.Terminal;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "up",
    description =
        "Start everything in one process, with the demo hospital if the database is empty.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class UpCommand implements Runnable {
  @Mixin private ServerOptions server;

  @Option(names = "--no-demo", description = "Start empty, without the demo hospital.")
  private boolean noDemo;

  @Override
  public void run() {
    Config config = server.config();
    Terminal terminal = server.terminal();
    try (Running running = new Running()) {
      if (!config.isSet(Setting.PARLEY_JDBC_URL)) {
        Path data = Path.of(config.text(Setting.PARLEY_DATA));
        config = running.add(LocalPostgres.start(data, terminal::say)).settings(config);
      }
      FhirServer fhir = running.add(FhirServer.start(config, new BridgeServer()));
      terminal.say("Parley is ready at " + fhir.base());
      running.untilTold();
    }
  }
}
