// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One link of the chain: SHA-256, or HMAC-SHA-256 where there is a key, over a segment and the seal
 * before it.
 *
 * @param keys the first seals; all of them verify
 */
record Seal(List<String> keys) {
  /** With the keys of the setting: none, or some with commas. */
  static Seal of(String setting) {
    return new Seal(
        Arrays.stream(setting.split(",")).map(String::strip).filter(k -> !k.isEmpty()).toList());
  }

  /** A row of {@code audit_segment}. */
  record Segment(
      long number,
      int month,
      Instant began,
      Instant ended,
      int entries,
      byte[] content,
      boolean keyed,
      byte[] seal,
      Instant purged) {

    byte[] text(byte[] before) {
      return String.join(
              "|",
              HexFormat.of().formatHex(before),
              String.valueOf(number),
              String.valueOf(month),
              String.valueOf(micros(began)),
              String.valueOf(micros(ended)),
              String.valueOf(entries),
              HexFormat.of().formatHex(content))
          .getBytes(StandardCharsets.US_ASCII);
    }

    private static long micros(Instant at) {
      return ChronoUnit.MICROS.between(Instant.EPOCH, at);
    }
  }

  boolean keyed() {
    return !keys.isEmpty();
  }

  /** The seal of a new segment. */
  byte[] of(Segment segment, byte[] before) {
    return keys.isEmpty() ? sha(segment.text(before)) : mac(keys.get(0), segment.text(before));
  }

  /** Whether the segment's seal is right; a keyed one needs its key. */
  boolean fits(Segment segment, byte[] before) {
    byte[] text = segment.text(before);
    return segment.keyed()
        ? keys.stream().anyMatch(key -> MessageDigest.isEqual(mac(key, text), segment.seal()))
        : MessageDigest.isEqual(sha(text), segment.seal());
  }

  private static byte[] sha(byte[] text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] mac(String key, byte[] text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return mac.doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
