// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whom PostgreSQL runs as. It refuses root; so root runs it in a user namespace of its own, where
 * it is nobody and yet the owner of the files, or else, where that is forbidden, as the account
 * nobody.
 *
 * @param prefix what a command line of PostgreSQL begins with
 * @param owner who must own the files, or null if they may stay as they are
 */
record Account(List<String> prefix, String owner) {

  static Account current() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return new Account(List.of(), null);
    }
    if (works(List.of("unshare", "-U", "true"))) {
      return new Account(List.of("unshare", "-U"), null);
    }
    List<String> nobody = List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups");
    if (works(with(nobody, List.of("true")))) {
      return new Account(nobody, "nobody:nogroup");
    }
    throw new PlainError(
        "PostgreSQL does not run as root; start Parley as another user, or give --jdbc-url");
  }

  ProcessBuilder command(List<String> command) {
    return new ProcessBuilder(with(prefix, command));
  }

  /** Makes the account the owner of a file or folder, and makes sure that it can get there. */
  void own(Path path) {
    if (owner == null) {
      return;
    }
    if (!works(List.of("chown", "-R", owner, path.toString()))
        || !works(with(prefix, List.of("test", "-r", path.toString())))) {
      throw new PlainError(
          "PostgreSQL runs as %s, who cannot enter %s; give --data another folder"
              .formatted(owner, path.getParent()));
    }
  }

  private static List<String> with(List<String> prefix, List<String> command) {
    List<String> all = new ArrayList<>(prefix);
    all.addAll(command);
    return all;
  }

  private static boolean works(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
