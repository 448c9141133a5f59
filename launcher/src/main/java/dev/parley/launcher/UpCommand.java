// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.FhirServer;
import dev.parley.Mount;
import dev.parley.bridge.BridgeServer;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.demo.DemoHospital;
import dev.parley.launcher.login.DemoLogin;
import dev.parley.launcher.login.LoginChoice;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.terminal.Terminal;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;
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

  @Option(
      names = "--insecure-demo-login",
      description = {
        "Have the demo log-in over any database: everybody on this machine may be anybody. Never",
        "over real patients."
      })
  private boolean insecure;

  @Override
  public void run() {
    Config config = server.config();
    Terminal terminal = server.terminal(config);
    LoginChoice choice = LoginChoice.of(config, noDemo, insecure);
    try (Running running = new Running()) {
      Path data = Path.of(config.text(Setting.PARLEY_DATA));
      if (config.isSet(Setting.PARLEY_JDBC_URL)) {
        data = running.add(TemporaryFolder.make()).path();
      } else {
        config = running.add(LocalPostgres.start(data, terminal::say)).settings(config);
      }
      if (choice == LoginChoice.DEMO && !insecure && !DemoHospital.mayBeIn(config)) {
        throw LoginChoice.refusal("a database that is not the demo hospital's");
      }
      serve(config, choice == LoginChoice.DEMO ? data : null, running, terminal);
      running.untilTold();
    }
  }

  /**
   * @param keys where the demo log-in has its keys; null if there is none
   */
  private void serve(Config config, Path keys, Running running, Terminal terminal) {
    AtomicBoolean loaded = new AtomicBoolean();
    List<Mount> mounts = new ArrayList<>(List.of(new BridgeServer()));
    if (keys != null) {
      mounts.add(new DemoLogin(keys, () -> loaded.get() ? DemoHospital.people() : List.of()));
    }
    FhirServer fhir = running.add(FhirServer.start(config, mounts.toArray(Mount[]::new)));
    DemoHospital demo = new DemoHospital(fhir.wiring().database().dataSource());
    // Of an issuer's people nobody is in it, and nobody gives a token to load it with.
    if (!noDemo && !config.isSet(Setting.PARLEY_ISSUER) && demo.wanted()) {
      String self = "http://%s:%d".formatted(loopback(config), fhir.port());
      FhirClient client = new FhirClient(self, Login.local(self, CommandLineKey.SYSTEM));
      demo.load(client, fhir.wiring().clock(), terminal::say);
    }
    loaded.set(demo.isThere());
    String url = fhir.wiring().publicUrl();
    terminal.say(
        Welcome.text(
            url,
            loaded.get() ? DemoHospital.people() : List.of(),
            keys == null ? null : keys.resolve("login/clients.json"),
            "%.1f".formatted((System.currentTimeMillis() - STARTED) / 1000.0)));
    if (keys != null) {
      warn(url);
    }
  }

  /** In the log, which programs read; and on the terminal of one who wanted quiet. */
  private void warn(String url) {
    String warning =
        "DEMO LOG-IN at %s/oauth2: everybody on this machine can be anybody here. Not for real patients."
            .formatted(url);
    LoggerFactory.getLogger(UpCommand.class).warn(warning);
    if (server.quiet()) {
      System.err.println("parley: " + warning);
    }
  }

  /** Where this process reaches itself, whatever its public address is. */
  private static String loopback(Config config) {
    String host = config.text(Setting.PARLEY_HOST);
    return host.equals("0.0.0.0") ? "127.0.0.1" : host;
  }
}
