// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder that only its owner enters, gone when it is closed. */
record TemporaryFolder(Path path) implements AutoCloseable {

  static TemporaryFolder make() {
    try {
      return new TemporaryFolder(Files.createTempDirectory("parley-"));
    } catch (IOException e) {
      throw new PlainError("no temporary folder can be made: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> inside = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : inside) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new PlainError("%s could not be removed: %s".formatted(path, e.getMessage()), e);
    }
  }
}
