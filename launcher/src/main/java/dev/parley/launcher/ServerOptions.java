// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.terminal.Terminal;
import java.util.EnumMap;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Flags of every command that starts a server. */
final class ServerOptions {
  @Option(names = "--host", paramLabel = "ADDRESS", descriptionKey = "PARLEY_HOST")
  private String host;

  @Option(names = "--port", paramLabel = "PORT", descriptionKey = "PARLEY_PORT")
  private String port;

  @Option(names = "--quiet", description = "Print errors only.")
  private boolean quiet;

  @Mixin private DatabaseOptions database;

  /** With no address of a database unless one was given. */
  Config config() {
    return logged(database.config(flags()));
  }

  /** With the address of a database that runs. */
  Config runningDatabase() {
    return logged(database.running(flags()));
  }

  private Map<Setting, String> flags() {
    Map<Setting, String> flags = new EnumMap<>(Setting.class);
    flags.put(Setting.PARLEY_HOST, host);
    flags.put(Setting.PARLEY_PORT, port);
    return flags;
  }

  private Config logged(Config config) {
    Logging.choose(config.text(Setting.PARLEY_LOG), quiet);
    return config;
  }

  boolean quiet() {
    return quiet;
  }

  /** Says nothing where programs read the output: every line there is JSON. */
  Terminal terminal(Config config) {
    return new Terminal(System.out, quiet || config.text(Setting.PARLEY_LOG).equals("json"));
  }
}
