// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A bundle taken apart without reading its resources: their text is cut out as it stands.
 *
 * @param type of the bundle
 */
record BundleSlices(String type, List<Entry> entries) {

  /** Texts, null where absent; fullUrl is the string's content. */
  record Entry(String fullUrl, String resource, String request) {}

  static BundleSlices of(String text) throws IOException {
    String type = "collection";
    List<Entry> entries = new ArrayList<>();
    try (JsonParser parser = Item.JSON.createParser(text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("type")) {
          type = parser.getText();
        } else if (name.equals("entry") && value == JsonToken.START_ARRAY) {
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            entries.add(entry(parser, text));
          }
        } else {
          parser.skipChildren();
        }
      }
    }
    return new BundleSlices(type, entries);
  }

  private static Entry entry(JsonParser parser, String text) throws IOException {
    String fullUrl = null;
    String resource = null;
    String request = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "fullUrl" -> fullUrl = parser.getText();
        case "resource" -> resource = slice(parser, text);
        case "request" -> request = slice(parser, text);
        default -> parser.skipChildren();
      }
    }
    return new Entry(fullUrl, resource, request);
  }

  private static String slice(JsonParser parser, String text) throws IOException {
    int from = (int) parser.currentTokenLocation().getCharOffset();
    parser.skipChildren();
    return text.substring(from, (int) parser.currentLocation().getCharOffset());
  }
}
