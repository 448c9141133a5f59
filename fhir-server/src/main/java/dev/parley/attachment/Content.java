// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.util.HexFormat;

/**
 * Bytes that are stored.
 *
 * @param hash SHA-256
 * @param sha1 what {@code Attachment.hash} is in R4
 * @param type media type, as it was found out; null where no Binary is meant
 * @param place kind of store and name in it: "db/..."
 */
record Content(byte[] hash, byte[] sha1, long size, String type, String place, Scan scan) {
  /** What the virus scanner says; names in lower case are stored. */
  enum Scan {
    /** Came while there was no scanner. */
    UNSCANNED,
    /** Waits: the scanner could not be reached. */
    PENDING,
    CLEAN,
    INFECTED,
    /** Longer than the scanner takes. */
    UNSCANNABLE;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    static Scan of(String word) {
      return valueOf(word.toUpperCase(java.util.Locale.ROOT));
    }
  }

  Content as(String aType) {
    return new Content(hash, sha1, size, aType, place, scan);
  }

  Content as(Scan aScan) {
    return new Content(hash, sha1, size, type, place, aScan);
  }

  /** Strong: the same tag, the same bytes. */
  String etag() {
    return '"' + hex() + '"';
  }

  String hex() {
    return HexFormat.of().formatHex(hash);
  }
}
