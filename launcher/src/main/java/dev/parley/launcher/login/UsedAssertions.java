// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which assertions were used and are not over yet. In a file, a line for each, so that a restart
 * makes none good again.
 */
final class UsedAssertions {
  private static final String FILE = "used-assertions";

  private final LoginFolder folder;
  private final Map<String, Instant> used = new HashMap<>();

  UsedAssertions(LoginFolder folder) {
    this.folder = folder;
    folder
        .readOrWrite(FILE, () -> "")
        .lines()
        .map(line -> line.split(" "))
        .forEach(line -> used.put(line[1], Instant.ofEpochMilli(Long.parseLong(line[0]))));
  }

  /**
   * Whether this is the first time.
   *
   * @param name what tells it from others
   * @param until when it is over
   */
  synchronized boolean use(String name, Instant until, Instant now) {
    used.values().removeIf(end -> end.isBefore(now));
    if (used.putIfAbsent(hash(name), until) != null) {
      return false;
    }
    folder.write(
        FILE,
        used.entrySet().stream()
            .map(each -> each.getValue().toEpochMilli() + " " + each.getKey() + "\n")
            .collect(Collectors.joining()));
    return true;
  }

  private static String hash(String name) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(name.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
