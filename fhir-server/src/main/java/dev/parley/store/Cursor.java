// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A place between two matches: the sort values and the self of the match beside it.
 *
 * @param back whether the page ends before that match, rather than beginning after it
 * @param undated whether that match has no principal date, so that only its self counts
 * @param values sort values as text, null where the match has none
 * @param total of all matches, if the first page told it; else -1
 */
record Cursor(boolean back, boolean undated, List<String> values, long self, long total) {

  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte((back ? 1 : 0) | (undated ? 2 : 0));
      out.writeLong(self);
      out.writeLong(total);
      out.writeByte(values.size());
      for (String value : values) {
        out.writeBoolean(value != null);
        if (value != null) {
          out.writeUTF(value);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Cursor of(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int flags = in.readByte();
      long self = in.readLong();
      long total = in.readLong();
      int size = in.readByte();
      List<String> values = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        values.add(in.readBoolean() ? in.readUTF() : null);
      }
      return new Cursor((flags & 1) != 0, (flags & 2) != 0, values, self, total);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
