// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.backup.Restore;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.terminal.Terminal;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    description =
        "Put a backup into an empty database: one that runs, or a new data folder (--data).",
    mixinStandardHelpOptions = true)
final class RestoreCommand implements Runnable {
  @Mixin private DatabaseOptions database;

  @Parameters(paramLabel = "FILE", description = "What backup wrote.")
  private Path file;

  @Override
  public void run() {
    Logging.off();
    Terminal terminal = new Terminal(System.out, false);
    Config config = database.config(Map.of());
    Path data = Path.of(config.text(Setting.PARLEY_DATA));
    if (config.isSet(Setting.PARLEY_JDBC_URL) || LocalPostgres.running(data).isPresent()) {
      restore(database.running(), terminal);
      return;
    }
    try (LocalPostgres postgres = LocalPostgres.start(data, terminal::say)) {
      restore(postgres.settings(config), terminal);
    }
  }

  private void restore(Config config, Terminal terminal) {
    long rows = new Restore(config, terminal::say).read(file);
    terminal.say("%,d rows are restored".formatted(rows));
  }
}
