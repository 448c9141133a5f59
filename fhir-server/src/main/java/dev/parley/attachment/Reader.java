// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.attachment.Contents.Held;
import dev.parley.db.Database;
import dev.parley.db.SqlFailure;
import dev.parley.store.Keys;
import dev.parley.store.StoredResource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.hl7.fhir.r4.model.Binary;

/**
 * The bytes of Binaries whose reader may see them: whether they may read them now, and from where.
 */
final class Reader {
  private static final int RETRY_SECONDS = 60;

  private final FhirContext fhir;
  private final Database database;
  private final Contents contents;
  private final Intake intake;
  private final Parts parts;
  private final long inJson;

  /**
   * @param inJson bytes that are put into FHIR at the most
   */
  Reader(
      FhirContext fhir,
      Database database,
      Contents contents,
      Intake intake,
      Parts parts,
      long inJson) {
    this.fhir = fhir;
    this.database = database;
    this.contents = contents;
    this.intake = intake;
    this.parts = parts;
    this.inJson = inJson;
  }

  /** Bytes that may be read. */
  interface Readable {
    String etag();

    String type();

    /** Of the file, or null. */
    String name();

    long size();

    void write(long from, long length, OutputStream to) throws IOException;
  }

  /**
   * What a Binary holds.
   *
   * @param stored as its reader may see it
   * @throws Refusal 403 if it waits for the reader's identity or something was found in it, 503
   *     while it waits for the virus scanner or its key is missing
   */
  Readable open(Caller caller, StoredResource stored) {
    if (withheld(caller, stored)) {
      throw Refusal.forbidden(
          "withheld-identity",
          stored.reference() + " waits until your identity is verified, as its message does");
    }
    Optional<Held> held = contents.of(Keys.self("Binary", stored.id()));
    if (held.isEmpty()) {
      return inResource(stored);
    }
    Content content = held.get().content();
    switch (content.scan()) {
      case PENDING ->
          throw Refusal.unavailable(
              "attachment-held",
              stored.reference() + " waits for the virus scanner",
              RETRY_SECONDS);
      case INFECTED, UNSCANNABLE ->
          throw Refusal.forbidden(
              "attachment-" + content.scan().word(),
              stored.reference() + " is not given out: the virus scanner does not pass it");
      default -> {}
    }
    intake.requireKey(content);
    return new Stored(content, held.get().name(), intake);
  }

  private boolean withheld(Caller caller, StoredResource stored) {
    try (Connection connection = database.connection()) {
      return parts.withheld(connection, caller, stored);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private record Stored(Content content, String name, Intake intake) implements Readable {
    @Override
    public String etag() {
      return content.etag();
    }

    @Override
    public String type() {
      return content.type();
    }

    @Override
    public long size() {
      return content.size();
    }

    @Override
    public void write(long from, long length, OutputStream to) throws IOException {
      intake.read(content, from, length, to);
    }
  }

  /** Of a system that sent it inside of FHIR: no longer than a request body may be. */
  private Readable inResource(StoredResource stored) {
    Binary binary = fhir.newJsonParser().parseResource(Binary.class, stored.json());
    byte[] data = binary.hasData() ? binary.getData() : new byte[0];
    String type = binary.hasContentType() ? binary.getContentType() : "application/octet-stream";
    return new InMemory(data, type.replaceAll("[^\\x20-\\x7e]", ""));
  }

  private record InMemory(byte[] data, String type) implements Readable {
    @Override
    public String etag() {
      try {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(data);
        return '"' + HexFormat.of().formatHex(hash) + '"';
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public String name() {
      return null;
    }

    @Override
    public long size() {
      return data.length;
    }

    @Override
    public void write(long from, long length, OutputStream to) throws IOException {
      to.write(data, (int) from, (int) length);
    }
  }

  /**
   * The resource with its bytes in it, for who reads it as FHIR.
   *
   * @throws Refusal 406 if they are too many for that
   */
  StoredResource whole(Caller caller, StoredResource stored) {
    if (stored.subsetted()) {
      return stored;
    }
    Optional<Held> held = contents.of(Keys.self("Binary", stored.id()));
    if (held.isEmpty()) {
      return stored;
    }
    if (held.get().content().size() > inJson) {
      throw Refusal.of(
          406,
          "too-costly",
          "attachment-too-large-for-fhir",
          "%s has %d bytes, more than go into FHIR; ask for it by Accept: %s, or with _summary=true"
              .formatted(
                  stored.reference(), held.get().content().size(), held.get().content().type()));
    }
    Readable file = open(caller, stored);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      file.write(0, file.size(), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String text = stored.text();
    return new StoredResource(
        stored.type(),
        stored.id(),
        stored.version(),
        stored.updated(),
        stored.kind(),
        text.substring(0, text.length() - 1)
            + ",\"data\":\""
            + Base64.getEncoder().encodeToString(bytes.toByteArray())
            + "\"}");
  }
}
