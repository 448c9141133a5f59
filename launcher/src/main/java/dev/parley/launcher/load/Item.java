// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * One entry of a transaction to be.
 *
 * @param fullUrl or null
 * @param resource JSON text; null for a delete
 * @param request JSON text of entry.request
 */
record Item(String fullUrl, String resource, String request) {
  static final JsonFactory JSON = new JsonFactory();

  /** A resource on its own: stored under its id, or under one made from where it was found. */
  static Item of(String resource, String fullUrl, String place) {
    Head head = Head.of(resource);
    if (head.type() == null) {
      throw new PlainError(place + " has no resourceType");
    }
    String id = head.id();
    String text = resource;
    if (id == null) {
      id = UUID.nameUUIDFromBytes((place + resource).getBytes(StandardCharsets.UTF_8)).toString();
      text = "{\"id\":\"" + id + "\"," + resource.strip().substring(1);
    }
    return new Item(fullUrl, text, put(head.type(), id));
  }

  /**
   * An entry of a transaction. A plain POST under a urn:uuid whose resource has that id becomes a
   * PUT, so that it may be repeated.
   */
  static Item ofEntry(String fullUrl, String resource, String request) {
    if (resource != null && fullUrl != null && fullUrl.startsWith("urn:uuid:")) {
      Head head = Head.of(resource);
      boolean plainPost = request.contains("\"POST\"") && !request.contains("ifNoneExist");
      if (plainPost && fullUrl.endsWith(":" + head.id())) {
        return new Item(fullUrl, resource, put(head.type(), head.id()));
      }
    }
    return new Item(fullUrl, resource, request);
  }

  private static String put(String type, String id) {
    return "{\"method\":\"PUT\",\"url\":\"" + type + "/" + id + "\"}";
  }

  int size() {
    return (resource == null ? 0 : resource.length()) + request.length() + 80;
  }

  void appendTo(StringBuilder bundle) {
    bundle.append('{');
    if (fullUrl != null) {
      bundle.append("\"fullUrl\":\"").append(fullUrl).append("\",");
    }
    if (resource != null) {
      bundle.append("\"resource\":").append(resource).append(',');
    }
    bundle.append("\"request\":").append(request).append('}');
  }

  /** What a resource says about itself; null for what it does not say. */
  record Head(String type, String id) {
    static Head of(String resource) {
      String type = null;
      String id = null;
      try (JsonParser parser = JSON.createParser(resource)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          return new Head(null, null);
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME && (type == null || id == null)) {
          String name = parser.currentName();
          parser.nextToken();
          if (name.equals("resourceType")) {
            type = parser.getText();
          } else if (name.equals("id")) {
            id = parser.getText();
          } else {
            parser.skipChildren();
          }
        }
        return new Head(type, id);
      } catch (IOException e) {
        throw new PlainError("not JSON: " + e.getMessage().lines().findFirst().orElse(""), e);
      }
    }
  }
}
