// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;

/** Where bytes are: the database, or a store that speaks S3. Nothing of it is held in memory. */
interface AttachmentStore extends AutoCloseable {
  /** The first part of its places: "db", "s3", "sealed-db". */
  String kind();

  /** A name for what is to be written: of letters, digits and hyphens, like no other. */
  default String name() {
    return UUID.randomUUID().toString();
  }

  /**
   * Begins to write at a place that holds nothing yet.
   *
   * @param name as {@link #name} gave it
   */
  Sink write(String name) throws IOException;

  /**
   * Writes a range of what is there: from this byte, so many.
   *
   * @param size bytes of the whole file
   */
  void read(String name, long size, long from, long length, OutputStream to) throws IOException;

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
