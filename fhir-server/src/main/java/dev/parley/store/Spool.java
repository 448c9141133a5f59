// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file of audit rows that could not be written: a line of JSON each, on the disk when added. */
final class Spool {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TAKE =
      """
      insert into audit_inbox
      select r.* from unnest(?::text[]) line, json_populate_record(null::audit_inbox, line::json) r""";

  private final Path path;
  private final ResourceTypes types;

  Spool(Path path, ResourceTypes types) {
    this.path = path;
    this.types = types;
  }

  /** Work with the lines of the file. */
  interface Taker {
    void take(List<String> lines) throws SQLException;
  }

  Path path() {
    return path;
  }

  /** Whether the row is on the disk now. */
  synchronized boolean add(TrailRows.Row row) {
    try {
      if (path.getParent() != null) {
        Files.createDirectories(path.getParent());
      }
      if (!Files.exists(path)) {
        Files.createFile(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      try (FileChannel file =
          FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
        ByteBuffer line = ByteBuffer.wrap((line(row) + "\n").getBytes(StandardCharsets.UTF_8));
        while (line.hasRemaining()) {
          file.write(line);
        }
        file.force(true);
      }
      return true;
    } catch (IOException | RuntimeException e) {
      LOG.error("The audit row of a break-glass cannot be spooled to {}", path, e);
      return false;
    }
  }

  private String line(TrailRows.Row row) throws JsonProcessingException {
    Trace trace = row.trace();
    ObjectNode line = JSON.createObjectNode();
    line.put("at", row.at().toString());
    line.put("action", trace.action().word());
    line.put("agent", trace.caller().reference());
    line.put("client", trace.caller().client());
    line.put("session", trace.caller().session() == null ? null : trace.caller().session().id());
    line.put("purpose", trace.caller().purpose().code());
    line.put("note", trace.caller().purpose().reason());
    line.put("address", trace.origin().address());
    line.put("request", trace.origin().request());
    line.put("type", trace.type() == null ? null : types.code(trace.type()));
    line.put("id", trace.id());
    line.put("version", trace.version());
    line.put("query", trace.query());
    trace.patients().forEach(line.putArray("patients")::add);
    line.putArray("recipients");
    line.put("outcome", trace.outcome());
    line.put("reason", trace.reason() == null ? "spooled" : trace.reason());
    return JSON.writeValueAsString(line);
  }

  /** Hands all lines over and removes the file; leaves it if they are not taken. */
  synchronized int empty(Taker taker) throws SQLException {
    if (!Files.exists(path)) {
      return 0;
    }
    try {
      List<String> lines = Files.readAllLines(path).stream().filter(l -> l.endsWith("}")).toList();
      taker.take(lines);
      Files.delete(path);
      return lines.size();
    } catch (IOException e) {
      LOG.error("The spooled audit rows in {} cannot be read", path, e);
      return 0;
    }
  }

  static void take(Connection connection, List<String> lines) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(TAKE)) {
      insert.setArray(1, connection.createArrayOf("text", lines.toArray()));
      insert.execute();
    }
  }
}
