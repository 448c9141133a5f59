// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.FhirServer;
import dev.parley.bridge.BridgeServer;
import dev.parley.config.Config;
import dev.parley.launcher.login.LoginChoice;
import dev.parley.launcher.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "ws-bridge",
    description = {
      "Start a live bridge alone, over a database that runs already; any number of them may run.",
      "Tell it where the FHIR server is with PARLEY_PUBLIC_URL: notifications name it."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class WsBridgeCommand implements Runnable {
  @Mixin private ServerOptions server;

  @Override
  public void run() {
    Config config = server.runningDatabase();
    Terminal terminal = server.terminal(config);
    LoginChoice.require(config);
    try (Running running = new Running()) {
      FhirServer bridge = running.add(FhirServer.startWithoutApi(config, new BridgeServer()));
      terminal.say("The bridge is ready on port " + bridge.port());
      running.untilTold();
    }
  }
}
