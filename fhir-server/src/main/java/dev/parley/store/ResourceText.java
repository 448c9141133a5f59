// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.parley.access.Refusal;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * Turns the JSON of a request into the text that is stored: compact, resourceType and meta first,
 * without id, versionId and lastUpdated, and otherwise as it was sent. HAPI's encoder is not used
 * for that, because it rewrites numbers ({@code 1E+2}) and keeps the last of two equal keys.
 */
public final class ResourceText {
  private static final int DEEPEST = 100;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private ResourceText() {}

  /**
   * The text to store.
   *
   * @param references what to put in place of a reference or uri of this value (a transaction's
   *     urn:uuid), empty for a single write
   * @throws Refusal 400 for broken JSON, a duplicate key or nesting deeper than 100
   */
  public static String of(String json, String type, Map<String, String> references) {
    StringWriter rest = new StringWriter(json.length());
    StringWriter meta = new StringWriter();
    try (JsonParser in = JSON.createParser(json);
        JsonGenerator out = JSON.createGenerator(rest)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw Refusal.invalid("not-a-resource", "The body is not a JSON object");
      }
      out.writeStartObject();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        in.nextToken();
        switch (name) {
          case "resourceType", "id" -> in.skipChildren();
          case "meta" -> meta(in, meta, references);
          default -> {
            out.writeFieldName(name);
            copy(in, out, name, references);
          }
        }
      }
      if (in.nextToken() != null) {
        throw Refusal.invalid("not-json", "The body goes on after the end of the resource");
      }
      out.writeEndObject();
    } catch (JsonProcessingException e) {
      throw broken(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return join(type, meta.toString(), rest.toString());
  }

  /** The same JSON, indented for reading. */
  public static String pretty(String json) {
    StringWriter text = new StringWriter(json.length() * 2);
    try (JsonParser in = JSON.createParser(json);
        JsonGenerator out = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
      in.nextToken();
      copy(in, out, "", Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static String join(String type, String meta, String rest) {
    StringBuilder text = new StringBuilder(rest.length() + meta.length() + 40);
    text.append("{\"resourceType\":\"").append(type).append('"');
    if (meta.length() > 2) {
      text.append(",\"meta\":").append(meta);
    }
    return rest.length() > 2
        ? text.append(',').append(rest, 1, rest.length()).toString()
        : text.append('}').toString();
  }

  private static void meta(JsonParser in, StringWriter meta, Map<String, String> references)
      throws IOException {
    try (JsonGenerator out = JSON.createGenerator(meta)) {
      if (in.currentToken() != JsonToken.START_OBJECT) {
        throw Refusal.invalid("not-a-resource", "meta is not an object").at("meta");
      }
      out.writeStartObject();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        in.nextToken();
        if (name.equals("versionId") || name.equals("lastUpdated")) {
          in.skipChildren();
        } else {
          out.writeFieldName(name);
          copy(in, out, name, references);
        }
      }
      out.writeEndObject();
    }
  }

  /** Copies the value at which the parser stands; numbers keep their digits. */
  private static void copy(
      JsonParser in, JsonGenerator out, String field, Map<String, String> references)
      throws IOException {
    String name = field;
    int depth = 0;
    JsonToken token = in.currentToken();
    while (true) {
      switch (token) {
        case FIELD_NAME -> {
          name = in.currentName();
          out.writeFieldName(name);
        }
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> out.writeNumber(in.getText());
        case VALUE_STRING -> {
          whole(in);
          if (references.isEmpty()) {
            out.writeString(in.getTextCharacters(), in.getTextOffset(), in.getTextLength());
          } else {
            out.writeString(LinkRewrite.replaced(name, in.getText(), references));
          }
        }
        default -> {
          if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            depth++;
          } else if (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY) {
            depth--;
          }
          out.copyCurrentEvent(in);
        }
      }
      if (depth == 0 && token != JsonToken.FIELD_NAME) {
        return;
      }
      token = in.nextToken();
    }
  }

  /** Half of a surrogate pair, and NUL, have no form in UTF-8 that PostgreSQL stores. */
  private static void whole(JsonParser in) throws IOException {
    char[] text = in.getTextCharacters();
    int end = in.getTextOffset() + in.getTextLength();
    for (int i = in.getTextOffset(); i < end; i++) {
      if (Character.isSurrogate(text[i])) {
        if (i + 1 == end || !Character.isSurrogatePair(text[i], text[i + 1])) {
          throw Refusal.invalid("not-unicode", "A string holds half of a surrogate pair");
        }
        i++;
      } else if (text[i] == 0) {
        throw Refusal.invalid("not-unicode", "A string holds the character NUL");
      }
    }
  }

  private static Refusal broken(JsonProcessingException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " at line %d, column %d"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    String what = e.getOriginalMessage();
    if (what.startsWith("Duplicate field")) {
      return Refusal.invalid("duplicate-key", "The same key appears twice" + where);
    }
    if (what.contains("nesting depth")) {
      return Refusal.invalid("too-deep", "The body is nested deeper than " + DEEPEST + where);
    }
    return Refusal.invalid("not-json", "The body is not valid JSON" + where);
  }
}
