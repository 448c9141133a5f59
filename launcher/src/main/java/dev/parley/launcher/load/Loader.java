// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import dev.parley.launcher.client.FhirClient;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Loads FHIR bundles and NDJSON into a server. */
public final class Loader {
  private static final int LANES = 4;
  private final FhirClient client;
  private final Consumer<String> progress;

  public Loader(FhirClient client, Consumer<String> progress) {
    this.client = client;
    this.progress = progress;
  }

  /**
   * Loads a file, or all files below a folder, one after the other; goes on where an earlier,
   * interrupted load of the same into the same server stopped.
   *
   * @param journal where to keep what is stored already
   * @return how many resources, in words
   */
  public String load(Path source, Path journal) {
    Count count = new Count(progress);
    try (Journal done = Journal.open(journal, client.base());
        Sender sender =
            new Sender(
                client,
                LANES,
                chunk -> {
                  done.add(chunk.place());
                  count.add(chunk.resources());
                })) {
      for (Path file : files(source)) {
        String name =
            source.equals(file)
                ? file.getFileName().toString()
                : source.relativize(file).toString();
        Chunks chunks =
            new Chunks(
                name,
                UnaryOperator.identity(),
                chunk -> {
                  if (!done.has(chunk.place())) {
                    sender.send(chunk);
                  }
                });
        try (InputStream in = Files.newInputStream(file)) {
          chunks.read(in);
        }
        sender.settle();
      }
      done.finish();
      return count.toString();
    } catch (IOException e) {
      throw new PlainError("%s cannot be read: %s".formatted(source, e.getMessage()), e);
    }
  }

  /**
   * Loads one stream of NDJSON, in its order.
   *
   * @param change what is done to the text of each resource
   */
  public void load(String name, InputStream ndjson, UnaryOperator<String> change) {
    Count count = new Count(progress);
    try (Sender sender = new Sender(client, 1, chunk -> count.add(chunk.resources()))) {
      new Chunks(name, change, sender::send).read(ndjson);
      sender.settle();
    } catch (IOException e) {
      throw new PlainError("%s cannot be read: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** Hospitals and practitioners first: the other files of Synthea refer to them by identifier. */
  private static List<Path> files(Path source) throws IOException {
    if (!Files.exists(source)) {
      throw new PlainError(source + " is not there");
    }
    try (Stream<Path> all = Files.walk(source)) {
      List<Path> files =
          all.filter(Files::isRegularFile)
              .filter(
                  file -> file.getFileName().toString().matches("(?i)[^.].*\\.(nd)?json(\\.gz)?"))
              .sorted(Comparator.comparing(Loader::rank).thenComparing(Comparator.naturalOrder()))
              .toList();
      if (files.isEmpty()) {
        throw new PlainError("%s holds no .json or .ndjson file".formatted(source));
      }
      return files;
    }
  }

  private static int rank(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith("hospitalInformation")
        ? 0
        : name.startsWith("practitionerInformation") ? 1 : 2;
  }
}
