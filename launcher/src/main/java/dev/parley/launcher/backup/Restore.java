// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.backup;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.cipher.KeyRing;
import dev.parley.cipher.UnknownKey;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Migrations;
import dev.parley.launcher.postgres.Holdings;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** Puts a backup into a database that holds no resources. */
public final class Restore {
  private final Config database;
  private final Consumer<String> progress;

  public Restore(Config database, Consumer<String> progress) {
    this.database = database;
    this.progress = progress;
  }

  /**
   * Restores all of it, or leaves the database as it was.
   *
   * @return rows restored
   * @throws PlainError if the file is no whole backup, is newer than this Parley, or the database
   *     holds resources
   */
  public long read(Path file) {
    try (SeekableByteChannel channel = open(file);
        ZipFile zip = ZipFile.builder().setSeekableByteChannel(channel).get()) {
      Manifest manifest = manifest(zip, file);
      prepareSchema(manifest, file);
      try (Connection connection = Backup.connect(database)) {
        connection.setAutoCommit(false);
        load(connection, zip, manifest);
        connection.commit();
        letOthersConnectAnew(connection);
      }
      return manifest.rows();
    } catch (IOException | SQLException e) {
      throw new PlainError("the restore failed: " + e.getMessage(), e);
    }
  }

  private SeekableByteChannel open(Path file) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    try {
      ByteBuffer beginning = ByteBuffer.allocate(KeyRing.HEADER);
      while (beginning.hasRemaining() && channel.read(beginning) >= 0) {}
      channel.position(0);
      return KeyRing.isEncrypted(beginning.array())
          ? KeyRing.of(database.list(Setting.PARLEY_BACKUP_KEY)).decrypt(channel, Backup.NAME)
          : channel;
    } catch (UnknownKey e) {
      channel.close();
      throw new PlainError(
          "%s cannot be read: %s; give its key as PARLEY_BACKUP_KEY"
              .formatted(file, e.getMessage()));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static Manifest manifest(ZipFile zip, Path file) throws IOException {
    ZipArchiveEntry entry = zip.getEntry(Manifest.ENTRY);
    if (entry == null) {
      throw new PlainError(file + " is not a backup of Parley, or not a whole one");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      Manifest manifest = new ObjectMapper().readValue(in, Manifest.class);
      if (manifest.format() > Manifest.FORMAT) {
        throw new PlainError(file + " was made by a newer Parley; restore it with that one");
      }
      return manifest;
    }
  }

  private void prepareSchema(Manifest manifest, Path file) {
    Migrations migrations = Migrations.upTo(manifest.schema(), database);
    if (!migrations.knows(manifest.schema())) {
      throw new PlainError(
          "%s has schema %s, which this Parley does not know; restore it with a newer one"
              .formatted(file, manifest.schema()));
    }
    String current = migrations.current();
    if (current.isEmpty()) {
      migrations.run();
    } else if (!current.equals(manifest.schema())) {
      throw new PlainError(
          "%s has schema %s, the database has %s already; restore into a new database"
              .formatted(file, manifest.schema(), current));
    }
  }

  private void load(Connection connection, ZipFile zip, Manifest manifest)
      throws SQLException, IOException {
    CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
    try (Statement statement = connection.createStatement()) {
      String all =
          manifest.tables().stream()
              .map(table -> Catalog.quoted(table.name()))
              .collect(Collectors.joining(", "));
      statement.execute("lock table " + all + " in access exclusive mode");
      refuseFull(statement);
      // What migrations put in comes from the backup, too.
      statement.execute("truncate " + all);
      // What triggers derive is in the backup as well.
      triggers(statement, manifest, "disable");
      for (Manifest.Table table : manifest.tables()) {
        progress.accept("  %s, %,d rows".formatted(table.name(), table.rows()));
        load(copy, zip, table);
      }
      triggers(statement, manifest, "enable");
      for (Map.Entry<String, String> entry : manifest.defaults().entrySet()) {
        String[] column = entry.getKey().split("\\.", 2);
        statement.execute(
            "alter table %s alter column %s set default %s"
                .formatted(Catalog.quoted(column[0]), Catalog.quoted(column[1]), entry.getValue()));
      }
      for (Map.Entry<String, Manifest.Position> entry : manifest.sequences().entrySet()) {
        statement.execute(
            "select setval('%s', %d, %s)"
                .formatted(
                    Catalog.quoted(entry.getKey()).replace("'", "''"),
                    entry.getValue().last(),
                    entry.getValue().called()));
      }
    }
  }

  private static void triggers(Statement statement, Manifest manifest, String change)
      throws SQLException {
    for (Manifest.Table table : manifest.tables()) {
      statement.execute(
          "alter table %s %s trigger user".formatted(Catalog.quoted(table.name()), change));
    }
  }

  private static void refuseFull(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("select " + Holdings.ANY)) {
      row.next();
      if (row.getBoolean(1)) {
        throw new PlainError("the database holds resources already; restore into an empty one");
      }
    }
  }

  private static void load(CopyManager copy, ZipFile zip, Manifest.Table table)
      throws SQLException, IOException {
    ZipArchiveEntry entry = zip.getEntry(table.entry());
    if (entry == null) {
      throw new PlainError("the backup lacks the table " + table.name());
    }
    try (InputStream in = zip.getInputStream(entry)) {
      long rows =
          copy.copyIn(
              "copy %s (%s) from stdin"
                  .formatted(Catalog.quoted(table.name()), Catalog.columns(table)),
              in,
              1 << 16);
      if (rows != table.rows()) {
        throw new PlainError(
            "the backup has %d rows of %s, and should have %d"
                .formatted(rows, table.name(), table.rows()));
      }
    }
  }

  /**
   * A Parley that already runs over this database has read its state; connecting reads it again.
   */
  private static void letOthersConnectAnew(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and usename = current_user
            and pid <> pg_backend_pid() and backend_type = 'client backend'
          """);
      connection.commit();
    }
  }
}
