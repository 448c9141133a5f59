// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

import dev.parley.launcher.terminal.PlainError;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The programs of PostgreSQL, unpacked under the data folder.
 *
 * @param version of the package, "18.1.0"
 */
record Binaries(Path folder, String version) {

  static Binaries in(Path data) {
    Properties properties = new Properties();
    try (InputStream in = Binaries.class.getResourceAsStream("postgres.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String version = properties.getProperty("version");
    return new Binaries(data.resolve("postgres-" + version), version);
  }

  String major() {
    return version.substring(0, version.indexOf('.'));
  }

  String program(String name) {
    return folder.resolve("bin").resolve(name).toString();
  }

  /** Unpacks if need be; a folder that was left half unpacked is never taken for a whole one. */
  void unpack() throws IOException {
    if (Files.exists(folder)) {
      return;
    }
    Path part = folder.resolveSibling(folder.getFileName() + ".part");
    delete(part);
    try (InputStream archive = archive();
        TarArchiveInputStream tar =
            new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        write(entry, tar, part);
      }
    }
    Files.move(part, folder);
  }

  private static void write(TarArchiveEntry entry, InputStream content, Path under)
      throws IOException {
    Path target = under.resolve(entry.getName()).normalize();
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(target.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
    } else {
      Files.copy(content, target);
      boolean program = (entry.getMode() & 0100) != 0;
      Files.setPosixFilePermissions(
          target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
    }
  }

  private static InputStream archive() {
    String system = System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux";
    String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String arch = machine.equals("aarch64") ? "arm_64" : "x86_64";
    InputStream in =
        Binaries.class.getResourceAsStream("/postgres-%s-%s.txz".formatted(system, arch));
    if (in == null) {
      throw new PlainError(
          "no PostgreSQL is packed for %s %s; give --jdbc-url an existing one"
              .formatted(System.getProperty("os.name"), machine));
    }
    return in;
  }

  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
