// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the kernel tells of this machine and its processes (Linux); elsewhere nothing is known. */
final class Machine {
  private static final Path PROC = Path.of("/proc");

  /** A jiffy, as /proc counts it for every program. */
  private static final double SECOND = 100;

  private Machine() {}

  /** Seconds of a core that a process has used so far; 0 if it is not known. */
  static double coreSeconds(long pid) {
    List<String> fields = stat(pid);
    return fields.isEmpty() ? 0 : (number(fields, 11) + number(fields, 12)) / SECOND;
  }

  /** The same for PostgreSQL: its postmaster, those who work for it, and those who did. */
  static double coreSecondsWithChildren(long pid) {
    List<String> fields = stat(pid);
    if (fields.isEmpty()) {
      return 0;
    }
    double all = coreSeconds(pid) + (number(fields, 13) + number(fields, 14)) / SECOND;
    for (long child : children(pid)) {
      all += coreSeconds(child);
    }
    return all;
  }

  private static List<Long> children(long parent) {
    try (Stream<Path> all = Files.list(PROC)) {
      return all.map(p -> p.getFileName().toString())
          .filter(n -> Character.isDigit(n.charAt(0)))
          .map(Long::valueOf)
          .filter(p -> parent(p).filter(found -> found == parent).isPresent())
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  static Optional<Long> parent(long pid) {
    List<String> fields = stat(pid);
    return fields.isEmpty() ? Optional.empty() : Optional.of((long) number(fields, 1));
  }

  /** Resident memory in MiB; 0 if it is not known. */
  static double residentMiB(long pid) {
    return line(PROC.resolve(pid + "/status"), "VmRSS:")
        .map(l -> Long.parseLong(l.replaceAll("\\D", "")) / 1024.0)
        .orElse(0.0);
  }

  /** The process that listens on a port of this machine, if this user may know. */
  static Optional<Long> listener(int port) {
    String local = ":%04X".formatted(port);
    for (String table : List.of("net/tcp", "net/tcp6")) {
      for (String line : lines(PROC.resolve(table))) {
        String[] fields = line.strip().split("\\s+");
        if (fields.length > 9 && fields[1].endsWith(local) && fields[3].equals("0A")) {
          return holder("socket:[" + fields[9] + "]");
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Long> holder(String socket) {
    try (Stream<Path> all = Files.list(PROC)) {
      return all.filter(p -> Character.isDigit(p.getFileName().toString().charAt(0)))
          .filter(p -> holds(p.resolve("fd"), socket))
          .map(p -> Long.valueOf(p.getFileName().toString()))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean holds(Path descriptors, String socket) {
    try (Stream<Path> all = Files.list(descriptors)) {
      return all.anyMatch(
          d -> {
            try {
              return Files.readSymbolicLink(d).toString().equals(socket);
            } catch (IOException e) {
              return false;
            }
          });
    } catch (IOException | java.io.UncheckedIOException e) {
      return false;
    }
  }

  /** Processor, cores, memory, kernel and Java in one line. */
  static String describe() {
    String processor =
        line(PROC.resolve("cpuinfo"), "model name")
            .map(l -> l.substring(l.indexOf(':') + 1).strip())
            .orElse(System.getProperty("os.arch"));
    String memory =
        line(PROC.resolve("meminfo"), "MemTotal:")
            .map(l -> "%.0f GB".formatted(Long.parseLong(l.replaceAll("\\D", "")) / 1e6))
            .orElse("unknown memory");
    return "%s, %d cores, %s, %s %s, Java %s"
        .formatted(
            processor,
            Runtime.getRuntime().availableProcessors(),
            memory,
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            Runtime.version());
  }

  /** How many processes wanted a core over the last minute. */
  static double load() {
    List<String> lines = lines(PROC.resolve("loadavg"));
    return lines.isEmpty() ? 0 : Double.parseDouble(lines.get(0).split(" ")[0]);
  }

  /** The fields after the name, which may hold spaces and brackets. */
  private static List<String> stat(long pid) {
    List<String> lines = lines(PROC.resolve(pid + "/stat"));
    if (lines.isEmpty()) {
      return List.of();
    }
    String line = lines.get(0);
    return List.of(line.substring(line.lastIndexOf(')') + 2).split(" "));
  }

  private static double number(List<String> fields, int index) {
    return Double.parseDouble(fields.get(index));
  }

  private static Optional<String> line(Path file, String beginning) {
    return lines(file).stream().filter(l -> l.startsWith(beginning)).findFirst();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
