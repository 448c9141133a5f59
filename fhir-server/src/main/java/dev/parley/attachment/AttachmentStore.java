// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.io.IOException;
import java.io.OutputStream;

/** Where bytes are: the database, or a store that speaks S3. Nothing of it is held in memory. */
interface AttachmentStore extends AutoCloseable {
  /** The first part of its places: "db", "s3". */
  String kind();

  /**
   * Begins to write at a place that holds nothing yet.
   *
   * @param name unique, of letters, digits and hyphens
   */
  Sink write(String name) throws IOException;

  /** Writes a range of what is there: from this byte, so many. */
  void read(String name, long from, long length, OutputStream to) throws IOException;

  /** Removes what is there; nothing there is as good. */
  void remove(String name) throws IOException;

  @Override
  default void close() {}

  /** Takes bytes until they are whole. */
  interface Sink {
    void write(byte[] bytes, int length) throws IOException;

    /** Everything is durable once this returns. */
    void finish() throws IOException;

    /** Removes what was written so far, as far as that can be done now. */
    void abort();
  }
}
