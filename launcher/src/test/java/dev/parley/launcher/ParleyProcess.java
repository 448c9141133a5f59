// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command line as a process of its own, as a person would run it. */
final class ParleyProcess implements AutoCloseable {
  private static final Pattern FHIR = Pattern.compile("FHIR +(http\\S+)");
  private static final long PATIENCE_SECONDS = 120;
  private final Process process;
  private final List<String> lines = new ArrayList<>();
  private final LinkedBlockingQueue<String> fresh = new LinkedBlockingQueue<>();

  private ParleyProcess(Process process) {
    this.process = process;
    Thread reader = new Thread(this::read, "reader");
    reader.setDaemon(true);
    reader.start();
  }

  static ParleyProcess start(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add("dev.parley.launcher.Main");
    command.addAll(List.of(arguments));
    try {
      return new ParleyProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts everything over a data folder, empty if it is new. */
  static ParleyProcess up(Path data, String port) {
    return start(
        "up", "--no-demo", "--insecure-demo-login", "--data", data.toString(), "--port", port);
  }

  private void read() {
    try (BufferedReader out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        synchronized (lines) {
          lines.add(line);
        }
        fresh.add(line);
      }
    } catch (IOException e) {
      fresh.add("(the output broke off: " + e.getMessage() + ")");
    }
  }

  /** Waits for a line that holds the pattern. */
  Matcher line(Pattern pattern) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < end) {
      String line = fresh.poll(200, TimeUnit.MILLISECONDS);
      if (line != null && pattern.matcher(line).find()) {
        Matcher found = pattern.matcher(line);
        found.find();
        return found;
      }
      if (line == null && !process.isAlive() && fresh.isEmpty()) {
        break;
      }
    }
    throw new AssertionError("no line like " + pattern + " in:\n" + output());
  }

  /** The FHIR base, once it is ready. */
  String base() throws InterruptedException {
    return line(FHIR).group(1);
  }

  String output() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  int exit() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("it does not end:\n" + output());
    }
    return process.exitValue();
  }

  /** SIGTERM. */
  ParleyProcess terminate() {
    process.destroy();
    return this;
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    exit();
  }

  @Override
  public void close() throws InterruptedException {
    if (process.isAlive()) {
      terminate().exit();
    }
  }
}
