// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.parley.store.Codes;
import dev.parley.store.References;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The JSON of a message with the places at which receipts go. Spliced, not parsed and written
 * again: what is stored stays digit for digit, and a page has many of them.
 */
final class MessageText {
  private static final JsonFactory JSON = new JsonFactory();

  private final String json;
  private final References references;
  private final List<Slot> recipients = new ArrayList<>();
  private Slot root;
  private Long sender;

  /** Where an element's extensions go; "first" where it has none yet. */
  private record Slot(Long self, int at, boolean first) {}

  MessageText(String json, References references) {
    this.json = json;
    this.references = references;
    try (JsonParser in = JSON.createParser(json)) {
      in.nextToken();
      element(in, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Self of the sender, or null. */
  Long sender() {
    return sender;
  }

  /** Whether one of these is a recipient. */
  boolean names(Set<Long> selves) {
    return recipients.stream().anyMatch(slot -> slot.self != null && selves.contains(slot.self));
  }

  /** Reads the object at whose start the parser stands. */
  private Slot element(JsonParser in, boolean isRoot) throws IOException {
    Long self = null;
    int extensions = -1;
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      JsonToken value = in.nextToken();
      if (name.equals("extension") && value == JsonToken.START_ARRAY) {
        in.skipChildren();
        extensions = offset(in) - 1;
      } else if (name.equals("reference") && value == JsonToken.VALUE_STRING) {
        self = local(in.getText());
      } else if (isRoot && name.equals("sender") && value == JsonToken.START_OBJECT) {
        sender = element(in, false).self;
      } else if (isRoot && name.equals("recipient") && value == JsonToken.START_ARRAY) {
        while (in.nextToken() == JsonToken.START_OBJECT) {
          recipients.add(element(in, false));
        }
      } else {
        in.skipChildren();
      }
    }
    boolean first = extensions < 0;
    Slot slot = new Slot(self, first ? offset(in) - 1 : extensions, first);
    if (isRoot) {
      root = slot;
    }
    return slot;
  }

  /** Behind the token at which the parser stands. */
  private static int offset(JsonParser in) {
    return (int) in.currentLocation().getCharOffset();
  }

  private Long local(String reference) {
    Optional<References.Local> local = references.local(reference);
    return local.map(References.Local::self).orElse(null);
  }

  /** The same with these receipts, each at the recipient by which the person got the message. */
  String with(List<ReceiptRow> receipts) {
    TreeMap<Integer, StringBuilder> pieces = new TreeMap<>();
    TreeMap<Integer, Boolean> first = new TreeMap<>();
    for (ReceiptRow each : receipts) {
      Slot slot =
          recipients.stream()
              .filter(s -> s.self != null && s.self.equals(each.via()))
              .findFirst()
              .orElse(root);
      StringBuilder piece = pieces.computeIfAbsent(slot.at, at -> new StringBuilder());
      first.put(slot.at, slot.first);
      piece.append(piece.isEmpty() && slot.first ? "" : ",");
      extension(each, slot.self == null || slot.self != each.person(), piece);
    }
    StringBuilder out = new StringBuilder(json.length() + 200 * receipts.size());
    int from = 0;
    for (Integer at : pieces.keySet()) {
      out.append(json, from, at);
      out.append(first.get(at) ? ",\"extension\":[" : "").append(pieces.get(at));
      out.append(first.get(at) ? "]" : "");
      from = at;
    }
    return out.append(json, from, json.length()).toString();
  }

  private static void extension(ReceiptRow receipt, boolean named, StringBuilder out) {
    out.append("{\"url\":\"").append(Codes.RECEIPT).append("\",\"extension\":[");
    int start = out.length();
    if (named) {
      out.append("{\"url\":\"who\",\"valueReference\":{\"reference\":\"").append(receipt.who());
      out.append("\"}}");
    }
    time("delivered", receipt.delivered(), start, out);
    time("read", receipt.read(), start, out);
    time("acknowledged", receipt.acknowledged(), start, out);
    out.append("]}");
  }

  private static void time(String name, Instant time, int start, StringBuilder out) {
    if (time != null) {
      out.append(out.length() > start ? "," : "").append("{\"url\":\"").append(name);
      out.append("\",\"valueInstant\":\"").append(time.truncatedTo(ChronoUnit.MILLIS));
      out.append("\"}");
    }
  }
}
