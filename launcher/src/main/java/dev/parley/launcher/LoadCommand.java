// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.demo.DemoHospital;
import dev.parley.launcher.load.Loader;
import dev.parley.launcher.terminal.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "load",
    description = {
      "Load FHIR bundles (.json) and NDJSON (.ndjson), gzipped or not, into a running server.",
      "Interrupted, it goes on where it was when it is started again."
    },
    mixinStandardHelpOptions = true)
final class LoadCommand implements Runnable {
  @Mixin private UrlOption url;

  @ArgGroup(multiplicity = "1")
  private What what;

  static final class What {
    @Parameters(paramLabel = "FILE|DIR", description = "What to load; of a folder, all of it.")
    private Path source;

    @Option(
        names = "--demo-hospital",
        description = "The demo hospital, its dates moved to end today; not for real patients.")
    private boolean hospital;
  }

  @Option(
      names = "--journal",
      paramLabel = "FILE",
      description = "Where to note what is loaded already. Default: beside the source.")
  private Path journal;

  @Override
  public void run() {
    Logging.off();
    Terminal terminal = new Terminal(System.out, false);
    FhirClient client = url.client(CommandLineKey.SYSTEM);
    if (what.hospital) {
      DemoHospital.send(client, Clock.systemUTC(), terminal::say);
      return;
    }
    Path source = what.source;
    Path notes =
        journal != null
            ? journal
            : Files.isDirectory(source)
                ? source.resolve(".parley-load")
                : source.resolveSibling("." + source.getFileName() + ".parley-load");
    terminal.say("Loaded " + new Loader(client, terminal::say).load(source, notes));
  }
}
