// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.audit.Chain;
import dev.parley.audit.Holds;
import dev.parley.audit.Purge;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.terminal.PlainError;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * What is done to the audit trail as a whole; on the database, with or without a server over it.
 */
@Command(
    name = "audit",
    description = "Verify the audit trail, keep it from being purged, or purge what is too old.",
    mixinStandardHelpOptions = true)
final class AuditCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Name one of verify, hold, holds, release, purge.");
  }

  @Command(
      description = "Say whether a row was changed, removed or inserted, and in which segment.",
      mixinStandardHelpOptions = true)
  int verify(
      @Mixin DatabaseOptions options,
      @Option(
              names = "--head",
              paramLabel = "NUMBER:SEAL",
              description = "A head that was kept elsewhere: it has to be in the chain.")
          String head) {
    Config config = options.running();
    Chain chain =
        new Chain(
            config.text(Setting.PARLEY_AUDIT_KEY),
            config.number(Setting.PARLEY_AUDIT_RETENTION_DAYS));
    Chain.Report report = with(config, connection -> chain.verify(connection, head));
    report.faults().forEach(this::say);
    say(
        "%,d rows in %,d segments, %,d of them purged; head %s"
            .formatted(report.entries(), report.segments(), report.purged(), report.head()));
    say(
        report.faults().isEmpty()
            ? "Nothing was changed."
            : report.faults().size() + " faults: the trail is not as it was sealed.");
    return report.faults().isEmpty() ? 0 : 1;
  }

  @Command(
      description = "Keep all rows about a patient, by a person or of a resource from now on.",
      mixinStandardHelpOptions = true)
  void hold(
      @Mixin DatabaseOptions options,
      @Parameters(paramLabel = "REFERENCE", description = "Like Patient/p1.") String reference,
      @Option(names = "--reason", required = true, description = "The case it is for.")
          String reason) {
    if (!reference.matches("[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")) {
      throw new PlainError("a hold is on a reference like Patient/p1");
    }
    with(
        options.running(),
        connection -> {
          Holds.place(connection, reference, reason, now());
          return true;
        });
    say("Rows about " + reference + " are not purged until the hold is released.");
  }

  @Command(description = "List the holds.", mixinStandardHelpOptions = true)
  void holds(@Mixin DatabaseOptions options) {
    List<Holds.Hold> holds = with(options.running(), Holds::all);
    holds.forEach(
        hold -> say("%s  since %s  %s".formatted(hold.reference(), hold.placed(), hold.reason())));
    say(holds.size() + " holds");
  }

  @Command(description = "End a hold.", mixinStandardHelpOptions = true)
  void release(
      @Mixin DatabaseOptions options,
      @Parameters(paramLabel = "REFERENCE", description = "Like Patient/p1.") String reference) {
    if (!with(options.running(), connection -> Holds.release(connection, reference, now()))) {
      throw new PlainError("there is no hold on " + reference);
    }
    say("The hold on " + reference + " is released.");
  }

  @Command(
      description = "Remove what is older than PARLEY_AUDIT_RETENTION_DAYS and not held.",
      mixinStandardHelpOptions = true)
  void purge(
      @Mixin DatabaseOptions options,
      @Option(names = "--dry-run", description = "Only report.") boolean dry) {
    Config config = options.running();
    int days = config.number(Setting.PARLEY_AUDIT_RETENTION_DAYS);
    Purge.Report report = with(config, connection -> Purge.run(connection, days, now(), dry));
    say(
        "%,d rows in %,d segments from before %s %s; %,d segments are held"
            .formatted(
                report.entries(),
                report.segments(),
                report.before(),
                dry ? "would be removed" : "were removed",
                report.held()));
  }

  private void say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MICROS);
  }

  /** Work with the database. */
  private interface Work<T> {
    T with(Connection connection) throws SQLException;
  }

  private static <T> T with(Config config, Work<T> work) {
    Logging.off();
    try (Connection connection =
        DriverManager.getConnection(
            config.text(Setting.PARLEY_JDBC_URL),
            config.text(Setting.PARLEY_JDBC_USER),
            config.text(Setting.PARLEY_JDBC_PASSWORD))) {
      return work.with(connection);
    } catch (SQLException e) {
      throw new PlainError("the audit trail cannot be read: " + e.getMessage(), e);
    }
  }
}
