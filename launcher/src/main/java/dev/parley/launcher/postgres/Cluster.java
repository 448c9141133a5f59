// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/** The files of the cluster: made once, of our major version, configured anew at every start. */
final class Cluster {
  static final String USER = "parley";
  static final String DATABASE = "parley";
  private final DataFolder folder;
  private final Binaries binaries;
  private final Account account;

  Cluster(DataFolder folder, Binaries binaries, Account account) {
    this.folder = folder;
    this.binaries = binaries;
    this.account = account;
  }

  boolean exists() {
    return Files.exists(folder.cluster());
  }

  void refuseOtherMajor() throws IOException {
    String version = Files.readString(folder.cluster().resolve("PG_VERSION")).strip();
    if (!version.equals(binaries.major())) {
      throw new PlainError(
          "%s was made by PostgreSQL %s, this Parley brings %s; back up with the Parley that made it and restore here"
              .formatted(folder.path(), version, binaries.major()));
    }
  }

  /** Makes the cluster with its one user and one database; all of it or nothing. */
  void create() throws IOException, InterruptedException {
    Path part = folder.path().resolve("postgres.new");
    Binaries.delete(part);
    Files.createDirectory(
        part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    account.own(part);
    writePassword();
    account.own(folder.password());
    run(
        "",
        List.of(
            binaries.program("initdb"),
            "--pgdata=" + part,
            "--username=" + USER,
            "--pwfile=" + folder.password(),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions"));
    Files.writeString(part.resolve("pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
    Files.writeString(
        part.resolve("postgresql.conf"), "include 'parley.conf'\n", StandardOpenOption.APPEND);
    configure(part);
    run(
        "create database " + DATABASE,
        List.of(
            binaries.program("postgres"), "--single", "-j", "-D", part.toString(), "template1"));
    Files.move(part, folder.cluster(), StandardCopyOption.ATOMIC_MOVE);
  }

  void configure() throws IOException {
    account.own(folder.cluster());
    configure(folder.cluster());
  }

  private void configure(Path cluster) throws IOException {
    try (InputStream in = Cluster.class.getResourceAsStream("parley.conf")) {
      Files.copy(in, cluster.resolve("parley.conf"), StandardCopyOption.REPLACE_EXISTING);
    }
    account.own(cluster.resolve("parley.conf"));
  }

  private void writePassword() throws IOException {
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    Files.deleteIfExists(folder.password());
    Files.createFile(
        folder.password(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(folder.password(), HexFormat.of().formatHex(random));
  }

  /** Runs one of the programs to its end; what it says goes to the log file. */
  private void run(String input, List<String> command) throws IOException, InterruptedException {
    Process process =
        account
            .command(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log().toFile()))
            .start();
    process.getOutputStream().write(input.getBytes());
    process.getOutputStream().close();
    if (process.waitFor() != 0) {
      throw new PlainError(
          "PostgreSQL could not be set up in %s; %s says why"
              .formatted(folder.path(), folder.log()));
    }
  }
}
