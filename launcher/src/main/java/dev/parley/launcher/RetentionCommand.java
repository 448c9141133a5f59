// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.terminal.PlainError;
import dev.parley.launcher.terminal.Terminal;
import dev.parley.retention.Overdue;
import dev.parley.retention.Terms;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "retention",
    description =
        "Report what is older than PARLEY_RETENTION says: the server purges it within a day, but"
            + " what is held.",
    mixinStandardHelpOptions = true)
final class RetentionCommand implements Runnable {
  @Mixin private DatabaseOptions options;

  @Override
  public void run() {
    Logging.off();
    Terminal terminal = new Terminal(System.out, false);
    Config config = options.running();
    Map<String, Duration> terms = Terms.of(config, type -> true).terms();
    if (terms.isEmpty()) {
      terminal.say("PARLEY_RETENTION is not set: everything is kept.");
      return;
    }
    try (Connection connection =
        DriverManager.getConnection(
            config.text(Setting.PARLEY_JDBC_URL),
            config.text(Setting.PARLEY_JDBC_USER),
            config.text(Setting.PARLEY_JDBC_PASSWORD))) {
      for (var term : terms.entrySet()) {
        Overdue.Count count =
            Overdue.count(connection, term.getKey(), Instant.now().minus(term.getValue()));
        terminal.say(
            "%-24s %,d due from before %s, %,d held"
                .formatted(count.type(), count.due(), count.before(), count.held()));
      }
    } catch (SQLException e) {
      throw new PlainError("the database cannot be read: " + e.getMessage(), e);
    }
  }
}
