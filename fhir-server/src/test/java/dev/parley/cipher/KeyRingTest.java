// SPDX-License-Identifier: Apache-2.0
package dev.parley.cipher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyRingTest {
  private static final String OLD = key(1);
  private static final String NEW = key(2);
  private static final KeyRing RING = KeyRing.of(List.of(OLD));
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_000, 65_536, 200_000})
  void what_is_encrypted_is_decrypted_and_cannot_be_read(int size) throws IOException {
    byte[] plain = plain(size);
    byte[] encrypted = encrypt(RING, plain, "a");
    assertTrue(KeyRing.isEncrypted(encrypted));
    assertArrayEquals(plain, decrypt(RING, encrypted, "a"));
    if (size > 100) {
      byte[] piece = Arrays.copyOf(plain, 16);
      assertFalse(latin(encrypted).contains(latin(piece)));
    }
  }

  @Test
  void the_same_text_is_another_file_each_time() throws IOException {
    assertFalse(Arrays.equals(encrypt(RING, plain(50), "a"), encrypt(RING, plain(50), "a")));
  }

  @Test
  void a_new_key_encrypts_and_the_old_one_goes_on_decrypting() throws IOException {
    byte[] before = encrypt(RING, plain(10), "a");
    KeyRing both = KeyRing.of(List.of(NEW, OLD));
    assertArrayEquals(plain(10), decrypt(both, before, "a"));
    byte[] after = encrypt(both, plain(10), "a");
    assertArrayEquals(plain(10), decrypt(KeyRing.of(List.of(NEW)), after, "a"));
    UnknownKey no = assertThrows(UnknownKey.class, () -> decrypt(RING, after, "a"));
    assertTrue(no.getMessage().matches(".*key [0-9a-f]{16}, which is not among.*"), no.toString());
    assertThrows(UnknownKey.class, () -> decrypt(KeyRing.of(List.of()), after, "a"));
  }

  @Test
  void another_name_a_changed_bit_and_a_cut_or_rearranged_file_do_not_decrypt() throws IOException {
    byte[] whole = encrypt(RING, plain(200_000), "a");
    assertThrows(IOException.class, () -> decrypt(RING, whole, "b"));
    for (int at : new int[] {9, 20, 40, 70_000, whole.length - 1}) {
      byte[] changed = whole.clone();
      changed[at] ^= 1;
      assertThrows(IOException.class, () -> decrypt(RING, changed, "a"), "at " + at);
    }
    int segment = 1 << 16;
    for (int length : new int[] {0, 15, 16, 30, segment, 2 * segment, whole.length - 1}) {
      assertThrows(
          IOException.class, () -> decrypt(RING, Arrays.copyOf(whole, length), "a"), "" + length);
    }
    byte[] swapped = whole.clone();
    System.arraycopy(whole, segment, swapped, 2 * segment, segment);
    System.arraycopy(whole, 2 * segment, swapped, segment, segment);
    assertThrows(IOException.class, () -> decrypt(RING, swapped, "a"));
  }

  @Test
  void any_range_is_read_from_the_middle() throws IOException {
    byte[] plain = plain(200_000);
    Path file = folder.resolve("file");
    Files.write(file, encrypt(RING, plain, "a"));
    try (SeekableByteChannel channel = RING.decrypt(FileChannel.open(file), "a")) {
      assertEquals(plain.length, channel.size());
      for (int from : new int[] {150_000, 0, 65_530, 199_990}) {
        channel.position(from);
        ByteBuffer range = ByteBuffer.allocate(Math.min(100, plain.length - from));
        while (range.hasRemaining() && channel.read(range) >= 0) {}
        assertArrayEquals(
            Arrays.copyOfRange(plain, from, from + range.capacity()), range.array(), "" + from);
      }
    }
  }

  @Test
  void a_key_of_another_size_is_none() {
    assertThrows(IllegalArgumentException.class, () -> KeyRing.of(List.of("c2hvcnQ=")));
    assertThrows(IllegalArgumentException.class, () -> KeyRing.of(List.of("not base64!")));
  }

  private static byte[] encrypt(KeyRing ring, byte[] plain, String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = ring.encrypt(bytes, name)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  private static byte[] decrypt(KeyRing ring, byte[] encrypted, String name) throws IOException {
    return ring.decrypt(new ByteArrayInputStream(encrypted), name).readAllBytes();
  }

  private static byte[] plain(int size) {
    byte[] plain = new byte[size];
    new Random(size).nextBytes(plain);
    return plain;
  }

  private static String key(int seed) {
    byte[] key = new byte[32];
    new Random(seed).nextBytes(key);
    return Base64.getEncoder().encodeToString(key);
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
