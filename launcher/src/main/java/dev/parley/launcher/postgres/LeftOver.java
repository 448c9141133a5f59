// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a killed Parley or a killed postmaster left running. Whoever calls this holds the folder's
 * lock, so a process whose program lies in the folder has lost its Parley.
 */
final class LeftOver {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private final DataFolder folder;
  private final Account account;

  LeftOver(DataFolder folder, Account account) {
    this.folder = folder;
    this.account = account;
  }

  /** Stops it, and removes the pid file of a process that is gone, even if its number lives on. */
  void clear(Consumer<String> progress) throws IOException, InterruptedException {
    Optional<Postmaster> postmaster = Postmaster.of(folder.cluster());
    if (postmaster.isPresent() && ours(postmaster.get().pid())) {
      progress.accept("Stopping the PostgreSQL that an earlier Parley left running");
      stop(postmaster.get().pid());
    }
    // Without their postmaster the rest ends by itself; while one lives, the memory it shares may
    // still be written.
    for (ProcessHandle process : processes()) {
      if (!ended(process, PATIENCE)) {
        process.destroyForcibly();
        ended(process, PATIENCE);
      }
    }
    if (!processes().isEmpty()) {
      throw new PlainError(
          "process %d still runs PostgreSQL in %s; end it and try again"
              .formatted(processes().get(0).pid(), folder.path()));
    }
    // Its number may belong to another program by now, for which PostgreSQL would not start.
    Files.deleteIfExists(folder.cluster().resolve("postmaster.pid"));
  }

  private void stop(long pid) throws IOException, InterruptedException {
    ProcessHandle process = ProcessHandle.of(pid).orElse(null);
    if (process == null) {
      return;
    }
    // SIGINT is PostgreSQL's fast stop; ProcessHandle knows only SIGTERM, which waits for clients.
    account.command(List.of("kill", "-INT", String.valueOf(pid))).start().waitFor();
    if (!ended(process, PATIENCE)) {
      process.destroyForcibly();
    }
  }

  private boolean ours(long pid) {
    return ProcessHandle.of(pid).map(this::runsFromFolder).orElse(false);
  }

  private List<ProcessHandle> processes() {
    return ProcessHandle.allProcesses().filter(this::runsFromFolder).toList();
  }

  private boolean runsFromFolder(ProcessHandle process) {
    return process
        .info()
        .command()
        .map(program -> Path.of(program).startsWith(folder.path()))
        .orElse(false);
  }

  private static boolean ended(ProcessHandle process, Duration patience)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (process.isAlive() && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    return !process.isAlive();
  }
}
