// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

/**
 * Something that may be read wrongly.
 *
 * @param offset of its first UTF-16 unit in the text
 * @param length in UTF-16 units
 * @param text what stands there
 */
record Finding(Entry entry, int offset, int length, String text) {
  boolean isWarning() {
    return entry.severity().equals("warning");
  }

  /** For the writer: what, where, why, and what to write. */
  String sentence() {
    return "\"%s\" at %d: %s%s"
        .formatted(
            text,
            offset,
            entry.why() == null ? "" : entry.why() + " ",
            entry.instead().isEmpty() ? "" : "Write " + entry.instead() + ".");
  }
}
