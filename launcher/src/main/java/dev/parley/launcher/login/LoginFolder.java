// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Supplier;

/** Where the demo provider keeps its keys and clients: files that only their owner may read. */
final class LoginFolder {
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> OWNER_ENTERS =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private final Path path;

  private LoginFolder(Path path) {
    this.path = path;
  }

  /** The folder {@code login} of a data folder, made if it is not there. */
  static LoginFolder in(Path data) {
    Path path = data.toAbsolutePath().normalize().resolve("login");
    try {
      if (!Files.isDirectory(path)) {
        Files.createDirectory(path, OWNER_ENTERS);
      }
      return new LoginFolder(path);
    } catch (IOException e) {
      throw new PlainError("the folder %s cannot be made: %s".formatted(path, e), e);
    }
  }

  Path file(String name) {
    return path.resolve(name);
  }

  /** What a file holds; it is written first if it is not there. */
  String readOrWrite(String name, Supplier<String> text) {
    try {
      if (!Files.exists(file(name))) {
        write(name, text.get());
      }
      return Files.readString(file(name));
    } catch (IOException e) {
      throw new PlainError("the file %s cannot be read: %s".formatted(file(name), e), e);
    }
  }

  /** All of it or nothing. */
  void write(String name, String text) {
    try {
      Path fresh = Files.createTempFile(path, name, ".new", OWNER_ONLY);
      Files.writeString(fresh, text);
      Files.move(fresh, file(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new PlainError("the file %s cannot be written: %s".formatted(file(name), e), e);
    }
  }
}
