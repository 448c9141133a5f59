// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * PostgreSQL in a data folder, running until closed. Durable as any PostgreSQL is; open to this
 * machine only, by a password that lies in the folder.
 */
public final class LocalPostgres implements AutoCloseable {
  private static final long LOG_LIMIT_BYTES = 10_000_000;
  private final DataFolder folder;
  private final Binaries binaries;
  private final Account account;
  private final Consumer<String> progress;
  private final int port;
  private boolean stopping;

  private LocalPostgres(
      DataFolder folder, Binaries binaries, Account account, Consumer<String> progress)
      throws IOException {
    this.folder = folder;
    this.binaries = binaries;
    this.account = account;
    this.progress = progress;
    this.port = freePort();
  }

  /**
   * Starts the PostgreSQL of a folder, making both if need be.
   *
   * @param progress told in words what takes long
   * @throws PlainError if the folder is in use, of another version or not Parley's, or if
   *     PostgreSQL does not start
   */
  public static LocalPostgres start(Path data, Consumer<String> progress) {
    DataFolder folder = DataFolder.open(data);
    try {
      Account account = Account.current();
      Binaries binaries = Binaries.in(folder.path());
      Cluster cluster = new Cluster(folder, binaries, account);
      if (cluster.exists()) {
        cluster.refuseOtherMajor();
      } else {
        progress.accept("Setting up PostgreSQL " + binaries.major() + " in " + folder.path());
      }
      binaries.unpack();
      new LeftOver(folder, account).clear(progress);
      if (!cluster.exists()) {
        cluster.create();
      }
      cluster.configure();
      LocalPostgres postgres = new LocalPostgres(folder, binaries, account, progress);
      postgres.launch();
      postgres.watch();
      return postgres;
    } catch (IOException | InterruptedException e) {
      close(folder);
      throw new PlainError("PostgreSQL in %s: %s".formatted(folder.path(), e.getMessage()), e);
    } catch (RuntimeException e) {
      close(folder);
      throw e;
    }
  }

  /** What another process of this machine needs to reach a PostgreSQL that runs in a folder. */
  public static Optional<Map<Setting, String>> running(Path data) {
    try {
      Path password = data.resolve("password");
      Optional<Postmaster> postmaster = Postmaster.of(data.resolve("postgres"));
      if (postmaster.isEmpty() || !postmaster.get().alive() || !postmaster.get().ready()) {
        return Optional.empty();
      }
      return Optional.of(access(postmaster.get().port(), Files.readString(password)));
    } catch (IOException e) {
      throw new PlainError("cannot read the password in " + data, e);
    }
  }

  /** The given settings with those that lead to this PostgreSQL. */
  public Config settings(Config config) {
    try {
      for (var entry : access(port, Files.readString(folder.password())).entrySet()) {
        config = config.with(entry.getKey(), entry.getValue());
      }
      return config;
    } catch (IOException e) {
      throw new PlainError("cannot read " + folder.password(), e);
    }
  }

  private static Map<Setting, String> access(int port, String password) {
    return Map.of(
        Setting.PARLEY_JDBC_URL,
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, Cluster.DATABASE),
        Setting.PARLEY_JDBC_USER,
        Cluster.USER,
        Setting.PARLEY_JDBC_PASSWORD,
        password);
  }

  private void launch() throws IOException, InterruptedException {
    if (Files.exists(folder.log()) && Files.size(folder.log()) > LOG_LIMIT_BYTES) {
      Path older = folder.path().resolve("postgres.log.1");
      Files.move(folder.log(), older, StandardCopyOption.REPLACE_EXISTING);
    }
    if (!Files.exists(folder.log())) {
      Files.createFile(folder.log());
    }
    account.own(folder.log());
    Process start =
        pgCtl("start", "-W", "-l", folder.log().toString(), "-o", "-p " + port, "-s").start();
    if (start.waitFor() != 0 || !becomesReady()) {
      throw new PlainError(
          "PostgreSQL does not start in %s; the end of %s says why"
              .formatted(folder.path(), folder.log()));
    }
  }

  /** Waits as long as PostgreSQL lives: after a crash it may have much to replay. */
  private boolean becomesReady() throws InterruptedException {
    long begin = System.nanoTime();
    long nextWord = begin + 2_000_000_000L;
    long seen = begin;
    while (true) {
      Optional<Postmaster> postmaster = Postmaster.of(folder.cluster());
      long now = System.nanoTime();
      if (postmaster.isPresent() && postmaster.get().ready()) {
        return true;
      }
      if (postmaster.isPresent() && postmaster.get().alive()) {
        seen = now;
      }
      if (now - seen > 5_000_000_000L) {
        return false;
      }
      if (now > nextWord) {
        progress.accept("PostgreSQL is recovering, %d s".formatted((now - begin) / 1_000_000_000L));
        nextWord = now + 2_000_000_000L;
      }
      Thread.sleep(5);
    }
  }

  private ProcessBuilder pgCtl(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(binaries.program("pg_ctl"));
    command.addAll(List.of(arguments));
    command.add("-D");
    command.add(folder.cluster().toString());
    // pg_ctl's child keeps what it inherits: a pipe here would never end.
    return account
        .command(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log().toFile()));
  }

  private void watch() {
    Thread thread = new Thread(this::restartWhenKilled, "postgres-watch");
    thread.setDaemon(true);
    thread.start();
  }

  /** Whoever kills PostgreSQL gets it back, on the same port; its clients connect again. */
  private void restartWhenKilled() {
    try {
      while (true) {
        Thread.sleep(200);
        synchronized (this) {
          if (stopping) {
            return;
          }
          if (!Postmaster.of(folder.cluster()).map(Postmaster::alive).orElse(false)) {
            progress.accept("PostgreSQL has died; starting it again");
            new LeftOver(folder, account).clear(progress);
            launch();
            progress.accept("PostgreSQL runs again");
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      progress.accept("PostgreSQL could not be started again: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Stops PostgreSQL in order: clients are cut off, everything is written, the folder is free. */
  @Override
  public void close() {
    synchronized (this) {
      stopping = true;
    }
    try {
      pgCtl("stop", "-m", "fast", "-w", "-t", "60", "-s").start().waitFor();
    } catch (IOException e) {
      throw new PlainError("PostgreSQL in %s does not stop".formatted(folder.path()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close(folder);
    }
  }

  /** Lets go of the folder and leaves PostgreSQL running, as a kill of this process would. */
  void abandon() {
    synchronized (this) {
      stopping = true;
    }
    close(folder);
  }

  private static void close(DataFolder folder) {
    try {
      folder.close();
    } catch (IOException e) {
      throw new PlainError("the lock of %s cannot be released".formatted(folder.path()), e);
    }
  }
}
