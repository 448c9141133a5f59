// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import dev.parley.launcher.terminal.PlainError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;

/** Cuts a file into chunks: NDJSON by lines, a transaction whole, any other bundle by entries. */
final class Chunks {
  static final int RESOURCES = 250;
  private static final int CHARACTERS = 2_000_000;
  private final String name;
  private final UnaryOperator<String> change;
  private final Consumer<Chunk> sink;
  private List<Item> items = new ArrayList<>();
  private int size;
  private int number;

  /**
   * @param name what the file is called in the journal and in errors
   * @param change what is done to the text of each resource
   */
  Chunks(String name, UnaryOperator<String> change, Consumer<Chunk> sink) {
    this.name = name;
    this.change = change;
    this.sink = sink;
  }

  void read(InputStream file) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(unpacked(file), StandardCharsets.UTF_8), 1 << 16)) {
      if (name.contains(".ndjson")) {
        lines(reader);
      } else {
        document(reader);
      }
    }
    flush();
  }

  private static InputStream unpacked(InputStream file) throws IOException {
    PushbackInputStream in = new PushbackInputStream(file, 2);
    byte[] start = in.readNBytes(2);
    in.unread(start);
    boolean gzip = start.length == 2 && start[0] == 0x1f && start[1] == (byte) 0x8b;
    return gzip ? new GZIPInputStream(in, 1 << 16) : in;
  }

  private void lines(BufferedReader reader) throws IOException {
    int line = 0;
    for (String text = reader.readLine(); text != null; text = reader.readLine()) {
      line++;
      if (!text.isBlank()) {
        add(Item.of(change.apply(text), null, name + " line " + line));
      }
    }
  }

  private void document(Reader reader) throws IOException {
    StringWriter all = new StringWriter();
    reader.transferTo(all);
    String text = all.toString();
    String type = Item.Head.of(text).type();
    if (type == null) {
      throw new PlainError(name + " holds no FHIR resource");
    }
    if (!type.equals("Bundle")) {
      add(Item.of(change.apply(text), null, name));
      return;
    }
    BundleSlices bundle = BundleSlices.of(text);
    if (bundle.type().equals("transaction") || bundle.type().equals("batch")) {
      transaction(bundle);
    } else {
      resources(bundle);
    }
  }

  /** Its entries may refer to each other, so it stays one request. */
  private void transaction(BundleSlices bundle) {
    List<Item> whole = new ArrayList<>();
    for (BundleSlices.Entry entry : bundle.entries()) {
      String resource = entry.resource() == null ? null : change.apply(entry.resource());
      whole.add(Item.ofEntry(entry.fullUrl(), resource, entry.request()));
    }
    sink.accept(Chunk.of(name + "#0", bundle.type(), whole));
  }

  private void resources(BundleSlices bundle) {
    for (int i = 0; i < bundle.entries().size(); i++) {
      BundleSlices.Entry entry = bundle.entries().get(i);
      if (entry.resource() != null) {
        add(Item.of(change.apply(entry.resource()), entry.fullUrl(), name + " entry " + i));
      }
    }
  }

  private void add(Item item) {
    if (items.size() == RESOURCES || size + item.size() > CHARACTERS) {
      flush();
    }
    items.add(item);
    size += item.size();
  }

  private void flush() {
    if (!items.isEmpty()) {
      sink.accept(Chunk.of(name + "#" + number++, "transaction", items));
      items = new ArrayList<>();
      size = 0;
    }
  }
}
