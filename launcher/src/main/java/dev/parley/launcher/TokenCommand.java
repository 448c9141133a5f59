// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.LocalLogin;
import dev.parley.launcher.terminal.PlainError;
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
        description = {
          "A person: Practitioner/carla-mendes, carla-mendes, \"Carla Mendes\" or Mendes; or a role,",
          "whose first person is taken: patient, proxy, nurse, physician, pharmacist, analyst,",
          "privacy-officer."
        })
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
    LocalLogin login =
        LocalLogin.at("http://127.0.0.1:" + port)
            .orElseThrow(
                () ->
                    new PlainError(
                        "no demo log-in runs on port %d; tokens come from PARLEY_ISSUER there"
                            .formatted(port)));
    spec.commandLine()
        .getOut()
        .println(login.token(who.system ? CommandLineKey.SYSTEM : who.name, scope));
    spec.commandLine().getOut().flush();
  }
}
