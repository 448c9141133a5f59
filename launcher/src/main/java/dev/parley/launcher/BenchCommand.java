// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.bench.Benchmark;
import dev.parley.launcher.bench.Plan;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "bench",
    description = {
      "Measure a server beside its limits: bare JDBC, HAPI from memory, Jetty's bare socket.",
      "Without --url it starts a Parley of its own and removes it afterwards.",
      "docs/benchmark.md says how to read the result."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "FHIR base of a server on this machine. It is filled with messages: do not name one that you keep.")
  private URI url;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "${env:PARLEY_TOKEN}",
      description = "Access token for it (PARLEY_TOKEN); a demo log-in on this machine gives one.")
  private String token;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "Its process; found by its port if not given.")
  private long pid;

  @Option(
      names = "--rows",
      split = ",",
      paramLabel = "ROW",
      description = "Which rows, of: ${COMPLETION-CANDIDATES}. Default: all.",
      completionCandidates = Rows.class)
  private List<String> rows = Benchmark.ROWS;

  @Option(names = "--messages", defaultValue = "100000", description = "Default: ${DEFAULT-VALUE}")
  private int messages;

  @Option(names = "--threads", defaultValue = "1000", description = "Default: ${DEFAULT-VALUE}")
  private int threads;

  @Option(
      names = "--clients",
      defaultValue = "16",
      description = "At once, each waiting for its answer. Default: ${DEFAULT-VALUE}")
  private int clients;

  @Option(
      names = "--warmup",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "Before each row, not counted. Default: ${DEFAULT-VALUE}")
  private double warmup;

  @Option(
      names = "--duration",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "Of each contender in each row. Default: ${DEFAULT-VALUE}")
  private double duration;

  @Option(
      names = "--comeback",
      defaultValue = "10000",
      paramLabel = "SOCKETS",
      description = "Sockets that come back after a restart. Default: ${DEFAULT-VALUE}")
  private int comeback;

  @Option(names = "--quick", description = "Seconds in all: shows that it works, not how fast.")
  private boolean quick;

  @Option(
      names = "--state",
      paramLabel = "FILE",
      description = "Remember what was loaded; if the file exists, load nothing.")
  private Path state;

  @Option(names = "--out", paramLabel = "FILE", description = "Append results as JSON lines.")
  private Path out;

  @Option(names = "--page", paramLabel = "FILE", description = "Write the tables to a file.")
  private Path page;

  @Mixin private DatabaseOptions database;

  static final class Rows extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Rows() {
      super(Benchmark.ROWS);
    }
  }

  @Override
  public Integer call() throws IOException, SQLException {
    Logging.off();
    for (String row : rows) {
      if (!Benchmark.ROWS.contains(row)) {
        throw new ParameterException(spec.commandLine(), "There is no row named " + row);
      }
    }
    Plan full =
        new Plan(rows, messages, threads, warmup, duration, clients, comeback, state, out, page);
    Plan plan = quick ? full.quick() : full;
    try (Benchmark benchmark = benchmark(plan)) {
      int errors = benchmark.run();
      if (errors > 0) {
        throw new PlainError(errors + " answers were wrong; the first of each row is in the table");
      }
      return 0;
    }
  }

  private Login login() {
    return token == null || token.isEmpty()
        ? Login.local(url.toString(), CommandLineKey.SYSTEM)
        : Login.token(token);
  }

  private Benchmark benchmark(Plan plan) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Consumer<String> say =
        line -> {
          out.println(line);
          out.flush();
        };
    return url == null
        ? Benchmark.ofOwn(plan, Main.class, say)
        : Benchmark.of(plan, url, login(), pid, database.given() ? database.running() : null, say);
  }
}
