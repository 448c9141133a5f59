// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.FhirServer;
import dev.parley.bridge.BridgeServer;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.demo.DemoHospital;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.terminal.Terminal;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
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
  private static final long STARTED = ManagementFactory.getRuntimeMXBean().getStartTime();

  @Mixin private ServerOptions server;

  @Option(names = "--no-demo", description = "Start empty, without the demo hospital.")
  private boolean noDemo;

  @Override
  public void run() {
    Config config = server.config();
    Terminal terminal = server.terminal(config);
    try (Running running = new Running()) {
      Path data = Path.of(config.text(Setting.PARLEY_DATA));
      if (config.isSet(Setting.PARLEY_JDBC_URL)) {
        data = running.add(TemporaryFolder.make()).path();
      } else {
        config = running.add(LocalPostgres.start(data, terminal::say)).settings(config);
      }
      AtomicBoolean hospital = new AtomicBoolean();
      DemoLogin login = new DemoLogin(data, () -> hospital.get() ? DemoHospital.people() : List.of());
      FhirServer fhir = running.add(FhirServer.start(config, new BridgeServer(), login));
      DemoHospital demo = new DemoHospital(fhir.wiring().database().dataSource());
      if (!noDemo && demo.wanted()) {
        demo.load(new FhirClient(loopback(config, fhir)), fhir.wiring().clock(), terminal::say);
      }
      hospital.set(demo.isThere());
      terminal.say(
          Welcome.text(
              fhir.wiring().publicUrl(),
              demo.isThere() ? DemoHospital.people() : List.of(),
              "%.1f".formatted((System.currentTimeMillis() - STARTED) / 1000.0)));
      running.untilTold();
    }
  }

  /** Where this process reaches itself, whatever its public address is. */
  private static String loopback(Config config, FhirServer fhir) {
    String host = config.text(Setting.PARLEY_HOST);
    return "http://%s:%d".formatted(host.equals("0.0.0.0") ? "127.0.0.1" : host, fhir.port());
  }
}
