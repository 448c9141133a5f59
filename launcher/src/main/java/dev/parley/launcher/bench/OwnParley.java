// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.config.Config;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.client.Login;
import dev.parley.launcher.postgres.LocalPostgres;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** A Parley of the benchmark's own: a process on a free port over a data folder of its own. */
final class OwnParley implements AutoCloseable {
  private static final long READY_NANOS = 120_000_000_000L;

  private final Class<?> main;
  private final Path folder;
  private final Path data;
  private final int port;
  private ChildJvm process;

  private OwnParley(Class<?> main, Path folder, int port) {
    this.main = main;
    this.folder = folder;
    this.data = folder.resolve("data");
    this.port = port;
  }

  static OwnParley start(Class<?> main) throws IOException {
    OwnParley parley = new OwnParley(main, Files.createTempDirectory("parley-bench"), freePort());
    parley.begin();
    return parley;
  }

  /** Starts the process; the milliseconds until it said that it is ready. */
  double begin() throws IOException {
    long began = System.nanoTime();
    process =
        ChildJvm.start(
            main,
            ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()),
            "up",
            "--no-demo",
            "--insecure-demo-login",
            "--quiet",
            "--data",
            data.toString(),
            "--port",
            String.valueOf(port));
    URI root = URI.create("http://127.0.0.1:" + port);
    while (System.nanoTime() - began < READY_NANOS && process.alive()) {
      try (Wire wire = new Wire(root)) {
        if (wire.get("/health/ready").status() == 200) {
          return (System.nanoTime() - began) / 1e6;
        }
      } catch (IOException e) {
        // Not yet.
      }
      pause();
    }
    throw new PlainError(
        "the benchmark's own Parley did not become ready in %.0f s: %s"
            .formatted((System.nanoTime() - began) / 1e9, Files.readString(folder.resolve("log"))));
  }

  /** Stops it in order, as SIGTERM does. */
  void stop() {
    process.close();
  }

  Target target() {
    URI base = URI.create("http://127.0.0.1:" + port + "/fhir/R4");
    Logins.put(base, Login.local(base.toString(), CommandLineKey.SYSTEM));
    Map<String, String> settings = new HashMap<>();
    LocalPostgres.running(data)
        .orElseThrow(() -> new PlainError("no PostgreSQL runs in " + data))
        .forEach((setting, value) -> settings.put(setting.name(), value));
    Config database = Config.from(settings);
    return new Target(base, process.pid(), Postgres.postmaster(database), database);
  }

  private static void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    process.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new PlainError("%s could not be removed: %s".formatted(folder, e.getMessage()), e);
    }
  }
}
