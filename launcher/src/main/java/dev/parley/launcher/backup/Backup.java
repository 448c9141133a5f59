// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.backup;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.cipher.KeyRing;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Migrations;
import dev.parley.launcher.terminal.PlainError;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** Writes one moment of a running database into a file. */
public final class Backup {
  /** What an encrypted backup is decrypted as. */
  static final String NAME = "backup";

  private final Config database;
  private final KeyRing keys;
  private final Consumer<String> progress;

  public Backup(Config database, Consumer<String> progress) {
    this.database = database;
    this.keys = KeyRing.of(database.list(Setting.PARLEY_BACKUP_KEY));
    this.progress = progress;
  }

  /** Whether what is written will be encrypted. */
  public boolean encrypts() {
    return !keys.isEmpty();
  }

  /**
   * Writes the file whole or not at all; only its owner may read it.
   *
   * @return rows in it
   * @throws PlainError if the file exists or cannot be written, or the database cannot be read
   */
  public long write(Path file) {
    if (Files.exists(file)) {
      throw new PlainError(file + " exists; name a new file");
    }
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (Connection connection = connect(database)) {
      String schema = Migrations.of(database).current();
      if (schema.isEmpty()) {
        throw new PlainError("the database holds no Parley yet; there is nothing to back up");
      }
      Files.deleteIfExists(part);
      Files.createFile(
          part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      long rows;
      OutputStream out = new BufferedOutputStream(Files.newOutputStream(part), 1 << 16);
      try (ZipOutputStream zip = new ZipOutputStream(encrypts() ? keys.encrypt(out, NAME) : out)) {
        // The file is mostly JSON and numbers: more effort would gain a tenth and cost threefold.
        zip.setLevel(Deflater.BEST_SPEED);
        rows = write(connection, schema, zip);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      return rows;
    } catch (IOException | SQLException e) {
      throw new PlainError("the backup failed: " + e.getMessage(), e);
    }
  }

  static Connection connect(Config database) throws SQLException {
    Connection connection =
        DriverManager.getConnection(
            database.text(Setting.PARLEY_JDBC_URL),
            database.text(Setting.PARLEY_JDBC_USER),
            database.text(Setting.PARLEY_JDBC_PASSWORD));
    try (var statement = connection.createStatement()) {
      statement.execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0");
    }
    return connection;
  }

  private long write(Connection connection, String schema, ZipOutputStream zip)
      throws SQLException, IOException {
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    connection.setReadOnly(true);
    Catalog catalog = new Catalog(connection);
    CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
    List<Manifest.Table> tables = new ArrayList<>();
    for (Manifest.Table table : catalog.tables()) {
      progress.accept("  " + table.name());
      zip.putNextEntry(new ZipEntry(table.entry()));
      // A query, because COPY of a partitioned table itself is refused.
      long rows =
          copy.copyOut(
              "copy (select %s from %s) to stdout"
                  .formatted(Catalog.columns(table), Catalog.quoted(table.name())),
              unclosed(zip));
      zip.closeEntry();
      tables.add(table.with(rows));
    }
    elsewhere(connection);
    Manifest manifest = Manifest.of(schema, tables, catalog.defaults(), catalog.sequences());
    connection.rollback();
    zip.putNextEntry(new ZipEntry(Manifest.ENTRY));
    zip.write(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
    zip.closeEntry();
    return manifest.rows();
  }

  /** What the database only has the names of. */
  private void elsewhere(Connection connection) throws SQLException {
    String sql =
        """
        select count(*), coalesce(sum(size), 0) / 1000000
        from attachment_content where place like 's3/%' or place like 'sealed-s3/%'""";
    try (PreparedStatement query = connection.prepareStatement(sql);
        ResultSet row = query.executeQuery()) {
      row.next();
      if (row.getLong(1) > 0) {
        progress.accept(
            "NOT in this backup: %,d attachments, %,d MB, in the bucket of PARLEY_S3_URL. Keep its versions as long as backups."
                .formatted(row.getLong(1), row.getLong(2)));
      }
    }
  }

  private static OutputStream unclosed(ZipOutputStream zip) {
    return new FilterOutputStream(zip) {
      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        zip.write(bytes, from, length);
      }

      @Override
      public void close() {}
    };
  }
}
