// SPDX-License-Identifier: Apache-2.0
package dev.parley.cipher;

import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keys of 256 bits: the first encrypts, all decrypt. Whoever changes the key puts the new one in
 * front of the old. A key's id follows from the key and tells nothing of it. Safe for any number of
 * threads.
 */
public final class KeyRing {
  /** Bytes by which {@link #isEncrypted} knows what was encrypted. */
  public static final int HEADER = 16;

  private static final byte[] MAGIC = "parley-1".getBytes(StandardCharsets.US_ASCII);
  private static final int SEGMENT = 1 << 16;

  private final List<Key> keys;

  private KeyRing(List<Key> keys) {
    this.keys = keys;
  }

  private record Key(String id, AesGcmHkdfStreaming stream) {}

  /**
   * Of keys in base64, 32 bytes each, as {@code openssl rand -base64 32} makes them.
   *
   * @throws IllegalArgumentException if one is not such a key
   */
  public static KeyRing of(List<String> base64) {
    List<Key> keys = new ArrayList<>();
    for (String text : base64) {
      byte[] key = Base64.getDecoder().decode(text);
      if (key.length != 32) {
        throw new IllegalArgumentException("a key has 32 bytes, in base64");
      }
      try {
        keys.add(new Key(id(key), new AesGcmHkdfStreaming(key, "HmacSha256", 32, SEGMENT, HEADER)));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
    return new KeyRing(List.copyOf(keys));
  }

  /** Whether no key is given: nothing is to be encrypted then. */
  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /**
   * The id of the key that encrypts: 16 hexadecimal digits.
   *
   * @throws IllegalStateException if no key is given
   */
  public String id() {
    if (isEmpty()) {
      throw new IllegalStateException("no key is given");
    }
    return keys.get(0).id();
  }

  /** Whether what was encrypted with the key of this id can be decrypted. */
  public boolean knows(String id) {
    return keys.stream().anyMatch(key -> key.id().equals(id));
  }

  /** How many bytes so many are when they are encrypted, the header among them. */
  public long encryptedSize(long size) {
    return keys.get(0).stream().expectedCiphertextSize(size);
  }

  /** Whether the first {@link #HEADER} bytes of something say that it was encrypted here. */
  public static boolean isEncrypted(byte[] beginning) {
    return beginning.length >= HEADER
        && Arrays.equals(beginning, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /**
   * A stream that encrypts what is written to it; closing it completes the file, and closes {@code
   * to}.
   *
   * @param name of what is written; decrypting needs the same
   */
  public OutputStream encrypt(OutputStream to, String name) throws IOException {
    Key key = keys.get(0);
    to.write(MAGIC);
    to.write(HexFormat.of().parseHex(key.id()));
    try {
      return key.stream().newEncryptingStream(to, bytes(name));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Decrypts from the first byte to the last. A read gives nothing of a segment that is not as it
   * was written, and fails with an IOException; so it does at the end of a file that was cut.
   *
   * @throws UnknownKey if it needs a key that is not here
   */
  public InputStream decrypt(InputStream from, String name) throws IOException {
    Key key = key(from.readNBytes(HEADER));
    try {
      return key.stream().newDecryptingStream(from, bytes(name));
    } catch (GeneralSecurityException e) {
      throw new IOException("it cannot be decrypted", e);
    }
  }

  /**
   * The same for reading at any place: only the segments that are read are decrypted. For one
   * thread.
   *
   * @param from the whole file, wherever it stands
   */
  public SeekableByteChannel decrypt(SeekableByteChannel from, String name) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    from.position(0);
    while (header.hasRemaining() && from.read(header) >= 0) {}
    Key key = key(Arrays.copyOf(header.array(), header.position()));
    try {
      return key.stream().newSeekableDecryptingChannel(from, bytes(name));
    } catch (GeneralSecurityException e) {
      throw new IOException("it cannot be decrypted", e);
    }
  }

  private Key key(byte[] header) throws IOException {
    if (!isEncrypted(header)) {
      throw new IOException("it was not encrypted by Parley");
    }
    String id = HexFormat.of().formatHex(header, MAGIC.length, HEADER);
    return keys.stream()
        .filter(key -> key.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new UnknownKey(id, isEmpty()));
  }

  private static String id(byte[] key) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return HexFormat.of().formatHex(mac.doFinal(bytes("parley key id")), 0, 8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
