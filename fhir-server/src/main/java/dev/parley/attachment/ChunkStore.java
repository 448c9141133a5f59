// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.db.Database;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;

/**
 * Bytes as rows of the database: in its backup, under its durability. A row is written and read in
 * a transaction of its own, and no connection is held while a client is slow.
 */
final class ChunkStore implements AttachmentStore {
  static final int CHUNK = 1 << 19;

  /** Rows removed at once: a gigabyte in one transaction would hold the feed for seconds. */
  private static final int REMOVED = 32;

  private final Database database;

  ChunkStore(Database database) {
    this.database = database;
  }

  @Override
  public String kind() {
    return "db";
  }

  @Override
  public Sink write(String name) {
    return new Sink() {
      private final byte[] chunk = new byte[CHUNK];
      private int filled;
      private int number;

      @Override
      public void write(byte[] bytes, int length) throws IOException {
        for (int from = 0; from < length; ) {
          int part = Math.min(length - from, CHUNK - filled);
          System.arraycopy(bytes, from, chunk, filled, part);
          filled += part;
          from += part;
          if (filled == CHUNK) {
            flush();
          }
        }
      }

      private void flush() throws IOException {
        insert(name, number++, filled == CHUNK ? chunk : Arrays.copyOf(chunk, filled));
        filled = 0;
      }

      @Override
      public void finish() throws IOException {
        if (filled > 0) {
          flush();
        }
      }

      @Override
      public void abort() {
        try {
          remove(name);
        } catch (IOException e) {
          // The sweep finds it.
        }
      }
    };
  }

  private void insert(String name, int number, byte[] bytes) throws IOException {
    try (Connection connection = database.connection();
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into attachment_chunk (place, number, bytes) values (?, ?, ?)")) {
      insert.setString(1, name);
      insert.setInt(2, number);
      insert.setBytes(3, bytes);
      insert.executeUpdate();
    } catch (SQLException e) {
      throw new IOException("a chunk is not stored", e);
    }
  }

  @Override
  public void read(String name, long size, long from, long length, OutputStream to)
      throws IOException {
    long end = from + length;
    for (long at = from; at < end; ) {
      int number = Math.toIntExact(at / CHUNK);
      byte[] chunk = chunk(name, number);
      int skip = Math.toIntExact(at % CHUNK);
      int part = (int) Math.min(end - at, chunk.length - skip);
      if (part <= 0) {
        throw new IOException("chunk " + number + " is too short");
      }
      to.write(chunk, skip, part);
      at += part;
    }
  }

  private byte[] chunk(String name, int number) throws IOException {
    try (Connection connection = database.connection();
        PreparedStatement query =
            connection.prepareStatement(
                "select bytes from attachment_chunk where place = ? and number = ?")) {
      query.setString(1, name);
      query.setInt(2, number);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          throw new IOException("chunk " + number + " is not there");
        }
        return row.getBytes(1);
      }
    } catch (SQLException e) {
      throw new IOException("a chunk cannot be read", e);
    }
  }

  @Override
  public void remove(String name) throws IOException {
    String sql =
        """
        delete from attachment_chunk where place = ? and number in (
          select number from attachment_chunk where place = ? order by number limit ?)""";
    int removed;
    do {
      try (Connection connection = database.connection();
          PreparedStatement delete = connection.prepareStatement(sql)) {
        delete.setString(1, name);
        delete.setString(2, name);
        delete.setInt(3, REMOVED);
        removed = delete.executeUpdate();
      } catch (SQLException e) {
        throw new IOException("chunks are not removed", e);
      }
    } while (removed > 0);
  }
}
