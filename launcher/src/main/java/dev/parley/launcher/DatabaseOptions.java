// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.terminal.PlainError;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Flags that say which database, and where its settings come from. */
final class DatabaseOptions {
  @Option(names = "--jdbc-url", paramLabel = "URL", descriptionKey = "PARLEY_JDBC_URL")
  private String jdbcUrl;

  @Option(names = "--jdbc-user", paramLabel = "NAME", descriptionKey = "PARLEY_JDBC_USER")
  private String jdbcUser;

  @Option(names = "--data", paramLabel = "DIR", descriptionKey = "PARLEY_DATA")
  private String data;

  /** Whether one was named on the command line. */
  boolean given() {
    return jdbcUrl != null || data != null;
  }

  /** The environment, with the flags that were given in place of their variables. */
  Config config(Map<Setting, String> flags) {
    Map<String, String> settings = new HashMap<>(System.getenv());
    put(settings, Setting.PARLEY_JDBC_URL, jdbcUrl);
    put(settings, Setting.PARLEY_JDBC_USER, jdbcUser);
    put(settings, Setting.PARLEY_DATA, data);
    flags.forEach((setting, value) -> put(settings, setting, value));
    return Config.from(settings);
  }

  /** The same, with the settings of a database that runs. */
  Config running() {
    return running(Map.of());
  }

  /**
   * The settings of a database that runs: the one given, or else the embedded one of the folder.
   */
  Config running(Map<Setting, String> flags) {
    Config config = config(flags);
    if (config.isSet(Setting.PARLEY_JDBC_URL)) {
      return config;
    }
    Path folder = Path.of(config.text(Setting.PARLEY_DATA));
    Map<Setting, String> access =
        LocalPostgres.running(folder)
            .orElseThrow(
                () ->
                    new PlainError(
                        "no PostgreSQL runs in %s; start ./parley up, or give --data or --jdbc-url"
                            .formatted(folder.toAbsolutePath())));
    for (var entry : access.entrySet()) {
      config = config.with(entry.getKey(), entry.getValue());
    }
    return config;
  }

  private static void put(Map<String, String> settings, Setting setting, String value) {
    if (value != null) {
      settings.put(setting.name(), value);
    }
  }
}
