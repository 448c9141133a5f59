// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.LocalLogin;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "token",
    description = {
      "Print an access token of the demo log-in that runs on this machine, and nothing else.",
      "Only the one who started it gets any."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TokenCommand implements Runnable {
  @Spec private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private Who who;

  static final class Who {
    @Option(
        names = "--as",
        paramLabel = "NAME",
        description =
            "A person: Practitioner/carla-mendes, carla-mendes, \"Carla Mendes\" or Mendes; or a"
                + " role, whose first person is taken: patient, proxy, nurse, physician,"
                + " pharmacist, analyst, privacy-officer.")
    private String name;

    @Option(names = "--system", description = "A system, which may do everything: system/*.cruds.")
    private boolean system;
  }

  @Option(
      names = "--scope",
      paramLabel = "SCOPES",
      description = "SMART scopes with spaces between, in place of the usual ones.")
  private String scope;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "${env:PARLEY_PORT:-8080}",
      description = "Where it runs. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Override
  public void run() {
    Logging.off();
    String subject = who.system ? CommandLineKey.SYSTEM : who.name;
    PrintWriter out = spec.commandLine().getOut();
    out.println(login().token(subject, scope).text());
    out.flush();
  }

  private LocalLogin login() {
    String root = "http://127.0.0.1:" + port;
    try {
      return LocalLogin.at(root)
          .orElseThrow(
              () ->
                  new PlainError(
                      "no demo log-in runs at %s; its tokens come from elsewhere".formatted(root)));
    } catch (IOException e) {
      throw new PlainError("no answer from %s; is ./parley up running there?".formatted(root), e);
    }
  }
}
