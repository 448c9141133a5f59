// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which chunks are stored, a line each, so that an interrupted load goes on where it was. */
final class Journal implements AutoCloseable {
  private final Path file;
  private final Set<String> done;
  private final BufferedWriter writer;

  private Journal(Path file, Set<String> done, BufferedWriter writer) {
    this.file = file;
    this.done = done;
    this.writer = writer;
  }

  /** Opens the journal of a source; one that was written for another server is begun anew. */
  static Journal open(Path file, String server) throws IOException {
    List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
    boolean goesOn = !lines.isEmpty() && lines.get(0).equals(server);
    BufferedWriter writer =
        Files.newBufferedWriter(
            file,
            StandardOpenOption.CREATE,
            goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING);
    Journal journal = new Journal(file, new HashSet<>(goesOn ? lines : List.of()), writer);
    if (!goesOn) {
      journal.add(server);
    }
    return journal;
  }

  boolean has(String place) {
    return done.contains(place);
  }

  synchronized void add(String place) {
    try {
      writer.write(place + "\n");
      writer.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything is stored: the next load of the same source begins anew. */
  void finish() throws IOException {
    close();
    Files.deleteIfExists(file);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
