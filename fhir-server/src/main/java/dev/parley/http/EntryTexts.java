// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.parley.access.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Cuts the resources out of a Bundle's JSON as they were sent, digit by digit. */
final class EntryTexts {
  private static final JsonFactory JSON = new JsonFactory();

  private EntryTexts() {}

  /**
   * A text for each entry, null where it has no resource.
   *
   * @throws Refusal 400 where HAPI's parser would take another one of two for the same entry
   */
  static List<String> of(String bundle) {
    return of(bundle, "entry");
  }

  /** The same for the objects of another array of the root: the parameters of Parameters. */
  static List<String> of(String bundle, String array) {
    List<String> texts = new ArrayList<>();
    boolean seen = false;
    try (JsonParser in = JSON.createParser(bundle)) {
      in.nextToken();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        in.nextToken();
        if (name.equals(array)) {
          if (in.currentToken() != JsonToken.START_ARRAY || seen) {
            throw Refusal.invalid("wrong-bundle", array + " has to be one array, once");
          }
          seen = true;
          while (in.nextToken() != JsonToken.END_ARRAY) {
            if (in.currentToken() != JsonToken.START_OBJECT) {
              throw Refusal.invalid("wrong-bundle", "Each of " + array + " has to be an object");
            }
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
        if (text != null) {
          throw Refusal.invalid("duplicate-key", "The same key appears twice: resource");
        }
        text = bundle.substring(start, (int) in.currentLocation().getCharOffset());
      }
    }
    return text;
  }
}
