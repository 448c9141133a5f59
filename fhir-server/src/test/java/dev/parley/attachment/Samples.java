// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Files that begin like what they are. */
final class Samples {
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private Samples() {}

  /** Looks like an image to whoever reads its beginning; no two seeds are alike. */
  static byte[] png(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    System.arraycopy(PNG, 0, bytes, 0, PNG.length);
    byte[] header = {0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    System.arraycopy(header, 0, bytes, PNG.length, header.length);
    return bytes;
  }

  static byte[] pdf(String text) {
    return ("%PDF-1.7\n" + text + "\n%%EOF\n").getBytes(StandardCharsets.UTF_8);
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
