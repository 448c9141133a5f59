// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.config.Config;
import dev.parley.db.UnusableDatabase;
import dev.parley.http.HttpServer;
import dev.parley.launcher.client.Refused;
import dev.parley.launcher.terminal.PlainError;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line of Parley. */
@Command(
    name = "parley",
    description = {
      "FHIR-native secure messaging for health care.",
      "",
      "@|bold ./parley up|@ starts everything: PostgreSQL, the FHIR server and the live bridge.",
      ""
    },
    subcommands = {
      UpCommand.class,
      FhirServerCommand.class,
      WsBridgeCommand.class,
      TokenCommand.class,
      WatchCommand.class,
      PostCommand.class,
      LoadCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      AuditCommand.class,
      DowntimeListCommand.class,
      RetentionCommand.class,
      BenchCommand.class,
      ConfigurationCommand.class,
      RehearseCommand.class,
    },
    footer = {
      "",
      "From the sources only:",
      "  test [--long]     Build everything and run all tests; --long runs those that take minutes",
      "                    and keeps the result in docs/results/.",
      "",
      "Settings are environment variables; flags stand for some of them.",
      "./parley configuration lists them all."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Show where an error comes from.")
  private boolean stacktrace;

  public static void main(String[] args) {
    int code = commandLine().execute(args);
    if (code != 0) {
      System.exit(code);
    }
  }

  static CommandLine commandLine() {
    Main main = new Main();
    return new CommandLine(main)
        .setResourceBundle(new SettingSentences())
        .setUsageHelpWidth(100)
        .setExecutionExceptionHandler(main::explain);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command.");
  }

  private int explain(Exception error, CommandLine command, ParseResult parsed) throws Exception {
    if (stacktrace) {
      throw error;
    }
    boolean expected =
        error instanceof PlainError
            || error instanceof Refused
            || error instanceof UnusableDatabase
            || error instanceof Config.WrongSettings
            || error instanceof HttpServer.PortTaken;
    String line =
        expected
            ? error.getMessage()
            : "%s; run it with --stacktrace to see where it comes from".formatted(error);
    command.getErr().println(command.getColorScheme().errorText("parley: " + line));
    return CommandLine.ExitCode.SOFTWARE;
  }
}
