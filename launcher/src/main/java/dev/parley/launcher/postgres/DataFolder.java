// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** The folder of an embedded PostgreSQL, locked for this process. */
final class DataFolder implements AutoCloseable {
  private static final String LOCK = "parley.lock";
  private final Path path;
  private final FileChannel channel;

  private DataFolder(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Creates the folder if there is none.
   *
   * @throws PlainError if it is somebody else's, in use, or cannot be written
   */
  static DataFolder open(Path folder) {
    try {
      Path path = Files.createDirectories(folder).toRealPath();
      refuseForeign(path);
      return new DataFolder(path, lock(path));
    } catch (IOException e) {
      throw new PlainError(
          "the data folder %s cannot be used: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static void refuseForeign(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      if (!Files.exists(path.resolve(LOCK)) && files.findAny().isPresent()) {
        throw new PlainError(
            path + " holds something else; give --data an empty folder or one that Parley made");
      }
    }
  }

  private static FileChannel lock(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path.resolve(LOCK),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new PlainError(
          "%s is in use by another Parley (process %s); stop it, or give --data another folder"
              .formatted(path, Files.readString(path.resolve(LOCK)).strip()));
    }
    byte[] holder = (ProcessHandle.current().pid() + "\n").getBytes();
    channel.truncate(0).write(ByteBuffer.wrap(holder), 0);
    return channel;
  }

  Path path() {
    return path;
  }

  Path cluster() {
    return path.resolve("postgres");
  }

  Path log() {
    return path.resolve("postgres.log");
  }

  Path password() {
    return path.resolve("password");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
