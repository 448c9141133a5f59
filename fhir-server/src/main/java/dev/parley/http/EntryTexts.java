// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Cuts the resources out of a Bundle's JSON as they were sent, digit by digit. */
final class EntryTexts {
  private static final JsonFactory JSON = new JsonFactory();

  private EntryTexts() {}

  /** A text for each entry, null where it has no resource. */
  static List<String> of(String bundle) {
    return of(bundle, "entry");
  }

  /** The same for the objects of another array of the root: the parameters of Parameters. */
  static List<String> of(String bundle, String array) {
    List<String> texts = new ArrayList<>();
    try (JsonParser in = JSON.createParser(bundle)) {
      in.nextToken();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        in.nextToken();
        if (name.equals(array) && in.currentToken() == JsonToken.START_ARRAY) {
          while (in.nextToken() == JsonToken.START_OBJECT) {
            texts.add(entry(in, bundle));
          }
        } else {
          in.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return texts;
  }

  /** The text of a member of the root object, or null. */
  static String rootText(String json, String member) {
    try (JsonParser in = JSON.createParser(json)) {
      in.nextToken();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        in.nextToken();
        if (name.equals(member)) {
          return in.getText();
        }
        in.skipChildren();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return null;
  }

  private static String entry(JsonParser in, String bundle) throws IOException {
    String text = null;
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      in.nextToken();
      int start = (int) in.currentTokenLocation().getCharOffset();
      in.skipChildren();
      if (name.equals("resource")) {
        text = bundle.substring(start, (int) in.currentLocation().getCharOffset());
      }
    }
    return text;
  }
}
