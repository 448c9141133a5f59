// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.backup.Backup;
import dev.parley.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "backup",
    description = "Write all of a running Parley's database into one file.",
    mixinStandardHelpOptions = true)
final class BackupCommand implements Runnable {
  @Mixin private DatabaseOptions database;

  @Parameters(paramLabel = "FILE", description = "A new file; only you may read it.")
  private Path file;

  @Override
  public void run() {
    Logging.off();
    Terminal terminal = new Terminal(System.out, false);
    Backup backup = new Backup(database.running(), terminal::say);
    long rows = backup.write(file);
    terminal.say(
        "%,d rows are in %s, %,d KB, %s"
            .formatted(
                rows,
                file,
                kilobytes(),
                backup.encrypts() ? "encrypted" : "not encrypted: PARLEY_BACKUP_KEY is not set"));
  }

  private long kilobytes() {
    try {
      return Files.size(file) / 1000;
    } catch (IOException e) {
      return 0;
    }
  }
}
