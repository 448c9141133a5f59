// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Refusal;
import dev.parley.attachment.Content.Scan;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Takes bytes in: looks at the first, counts and hashes all, stores them once, has them scanned.
 */
final class Intake {
  private final Map<String, AttachmentStore> stores;
  private final AttachmentStore store;
  private final Contents contents;
  private final FileTypes types;
  private final Scanner scanner;
  private final FileKeys fileKeys;
  private final long limit;
  private final Clock clock;

  /**
   * @param stores all, by kind
   * @param store the one to write to
   * @param limit bytes at the most
   */
  Intake(
      Map<String, AttachmentStore> stores,
      AttachmentStore store,
      Contents contents,
      FileTypes types,
      Scanner scanner,
      FileKeys fileKeys,
      long limit,
      Clock clock) {
    this.stores = stores;
    this.store = store;
    this.contents = contents;
    this.types = types;
    this.scanner = scanner;
    this.fileKeys = fileKeys;
    this.limit = limit;
    this.clock = clock;
  }

  /**
   * All of a stream, durable when it returns.
   *
   * @param declared media type, or null
   * @throws Refusal 413 too long, 415 of a type that is not taken, 422 empty or infected
   */
  Content take(InputStream in, String declared) throws IOException {
    byte[] start = in.readNBytes(FileTypes.LOOKED_AT);
    if (start.length == 0) {
      throw Refusal.unprocessable("required", "attachment-empty", "The file has no bytes");
    }
    String type = types.decide(declared, start);
    String name = store.name();
    String place = store.kind() + "/" + name;
    contents.begin(place, clock.instant());
    AttachmentStore.Sink sink = store.write(name);
    Content written;
    try {
      written = write(in, start, type, place, sink);
    } catch (IOException | RuntimeException e) {
      sink.abort();
      contents.forget(place);
      throw e;
    }
    return kept(written);
  }

  private Content write(
      InputStream in, byte[] start, String type, String place, AttachmentStore.Sink sink)
      throws IOException {
    MessageDigest sha256 = digest("SHA-256");
    MessageDigest sha1 = digest("SHA-1");
    byte[] bytes = Arrays.copyOf(start, Math.max(start.length, FileTypes.LOOKED_AT));
    long size = 0;
    for (int read = start.length; read > 0; read = in.readNBytes(bytes, 0, bytes.length)) {
      size += read;
      if (size > limit) {
        throw tooLarge();
      }
      sha256.update(bytes, 0, read);
      sha1.update(bytes, 0, read);
      sink.write(bytes, read);
    }
    sink.finish();
    return new Content(sha256.digest(), sha1.digest(), size, type, place, scanner.first());
  }

  Refusal tooLarge() {
    return Refusal.tooLarge("A file may have %d bytes at the most".formatted(limit));
  }

  long limit() {
    return limit;
  }

  /** The same bytes were looked at when they came first: as another type they come in vain. */
  private Content kept(Content written) throws IOException {
    Optional<Content> known = contents.find(written.hash());
    if (known.isPresent() && !fileKeys.isReadable(known.get())) {
      // What is there needs a key that is lost: these take its place.
      contents.move(known.get(), written.place(), clock.instant());
      return known.get().as(written.type());
    }
    if (known.isPresent()) {
      removed(written.place());
      contents.keep(known.get(), clock.instant());
      if (known.get().scan() == Scan.INFECTED) {
        throw infected();
      }
      return known.get().as(written.type());
    }
    Scan scan = scanned(written);
    if (scan == Scan.INFECTED) {
      removed(written.place());
      throw infected();
    }
    Content kept = contents.keep(written.as(scan), clock.instant());
    if (!kept.place().equals(written.place())) {
      removed(written.place());
    }
    return kept.as(written.type());
  }

  private Scan scanned(Content written) throws IOException {
    try {
      return scanner.scan(open(written));
    } catch (Refusal e) {
      removed(written.place());
      throw e;
    }
  }

  static Refusal infected() {
    return Refusal.unprocessable(
        "security", "attachment-infected", "The virus scanner has found something in the file");
  }

  /**
   * @throws Refusal 503 if the key that it needs is not here
   */
  void requireKey(Content content) {
    fileKeys.requireKey(content);
  }

  void read(Content content, long from, long length, OutputStream to) throws IOException {
    store(content.place()).read(name(content.place()), content.size(), from, length, to);
  }

  private AttachmentStore store(String place) throws IOException {
    AttachmentStore of = stores.get(kind(place));
    if (of == null) {
      throw new IOException("there are files in a store of the kind " + kind(place) + "; set it");
    }
    return of;
  }

  /** Removes what is at a place, and its note. */
  void removed(String place) throws IOException {
    store(place).remove(name(place));
    contents.forget(place);
  }

  Scanner.Source open(Content content) {
    return to -> read(content, 0, content.size(), to);
  }

  static String kind(String place) {
    return place.substring(0, place.indexOf('/'));
  }

  static String name(String place) {
    return place.substring(place.indexOf('/') + 1);
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
