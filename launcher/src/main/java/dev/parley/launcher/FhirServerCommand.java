// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.FhirServer;
import dev.parley.config.Config;
import dev.parley.launcher.login.LoginChoice;
import dev.parley.launcher.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "fhir-server",
    description = {
      "Start the FHIR server alone, over a database that runs already.",
      "Tell it where the bridge is with PARLEY_SOCKET_URL."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class FhirServerCommand implements Runnable {
  @Mixin private ServerOptions server;

  @Override
  public void run() {
    Config config = server.runningDatabase();
    Terminal terminal = server.terminal(config);
    LoginChoice.require(config);
    try (Running running = new Running()) {
      FhirServer fhir = running.add(FhirServer.start(config));
      terminal.say("The FHIR server is ready at " + fhir.base());
      running.untilTold();
    }
  }
}
