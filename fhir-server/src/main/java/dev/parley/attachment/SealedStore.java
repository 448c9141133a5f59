// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.cipher.KeyRing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;

/**
 * Another store with everything in it encrypted, each file for itself. Names begin with the id of
 * the key, so that what needs another one is known without reading it.
 */
final class SealedStore implements AttachmentStore {
  /** What kinds of this begin with. */
  static final String SEALED = "sealed-";

  private static final int ID = 16;

  /** Fetched at once: a row of {@link ChunkStore}. */
  private static final int BLOCK = ChunkStore.CHUNK;

  private final AttachmentStore inner;
  private final KeyRing keys;

  SealedStore(AttachmentStore inner, KeyRing keys) {
    this.inner = inner;
    this.keys = keys;
  }

  /** The id of the key that a place needs; null if it is not encrypted. */
  static String key(String place) {
    return place.startsWith(SEALED) ? Intake.name(place).substring(0, ID) : null;
  }

  /** A stream into a sink; closing it does not finish the sink. */
  static OutputStream into(Sink sink) {
    return new Into(sink);
  }

  @Override
  public String kind() {
    return SEALED + inner.kind();
  }

  @Override
  public String name() {
    return keys.id() + "-" + inner.name();
  }

  @Override
  public Sink write(String name) throws IOException {
    Sink sink = inner.write(name);
    OutputStream sealing = keys.encrypt(into(sink), name);
    return new Sink() {
      @Override
      public void write(byte[] bytes, int length) throws IOException {
        sealing.write(bytes, 0, length);
      }

      @Override
      public void finish() throws IOException {
        sealing.close();
        sink.finish();
      }

      @Override
      public void abort() {
        sink.abort();
      }
    };
  }

  private static final class Into extends OutputStream {
    private final Sink sink;

    Into(Sink sink) {
      this.sink = sink;
    }

    @Override
    public void write(int one) throws IOException {
      sink.write(new byte[] {(byte) one}, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      sink.write(from == 0 ? bytes : Arrays.copyOfRange(bytes, from, from + length), length);
    }
  }

  @Override
  public void read(String name, long size, long from, long length, OutputStream to)
      throws IOException {
    try (SeekableByteChannel plain = keys.decrypt(new Stored(name, size), name)) {
      plain.position(from);
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(length, 1 << 16));
      for (long left = length; left > 0; ) {
        buffer.clear().limit((int) Math.min(left, buffer.capacity()));
        int read = plain.read(buffer);
        if (read < 0) {
          throw new IOException("a file is too short");
        }
        to.write(buffer.array(), 0, read);
        left -= read;
      }
    }
  }

  @Override
  public void remove(String name) throws IOException {
    inner.remove(name);
  }

  @Override
  public void close() {
    inner.close();
  }

  /** What the other store has, a block at a time. */
  private final class Stored implements SeekableByteChannel {
    private final String name;
    private final long plainSize;
    private long at;
    private long start = -1;
    private byte[] block = {};

    Stored(String name, long plainSize) {
      this.name = name;
      this.plainSize = plainSize;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
      if (at >= size()) {
        return -1;
      }
      long wanted = at - at % BLOCK;
      if (wanted != start) {
        long length = Math.min(BLOCK, size() - wanted);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) length);
        inner.read(name, size(), wanted, length, bytes);
        block = bytes.toByteArray();
        start = wanted;
      }
      int skip = (int) (at - start);
      int some = Math.min(to.remaining(), block.length - skip);
      to.put(block, skip, some);
      at += some;
      return some;
    }

    @Override
    public long position() {
      return at;
    }

    @Override
    public SeekableByteChannel position(long position) {
      at = position;
      return this;
    }

    @Override
    public long size() {
      return keys.encryptedSize(plainSize);
    }

    @Override
    public int write(ByteBuffer from) {
      throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
