// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.load.Loader;
import dev.parley.launcher.terminal.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @Parameters(paramLabel = "FILE|DIR", description = "What to load; of a folder, all of it.")
  private Path source;

  @Option(
      names = "--journal",
      paramLabel = "FILE",
      description = "Where to note what is loaded already. Default: beside the source.")
  private Path journal;

  @Override
  public void run() {
    Logging.off();
    Terminal terminal = new Terminal(System.out, false);
    Path notes =
        journal != null
            ? journal
            : Files.isDirectory(source)
                ? source.resolve(".parley-load")
                : source.resolveSibling("." + source.getFileName() + ".parley-load");
    terminal.say(
        "Loaded "
            + new Loader(url.client(CommandLineKey.SYSTEM), terminal::say).load(source, notes));
  }
}
