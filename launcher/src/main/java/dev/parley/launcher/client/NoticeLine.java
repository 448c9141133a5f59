// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/** One event as a line that a person reads. */
public final class NoticeLine {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");
  private static final int TEXT_LIMIT = 100;

  private NoticeLine() {}

  /**
   * @param now when it arrived
   */
  public static String of(Notice.Event event, Instant now) {
    StringBuilder line = new StringBuilder(TIME.format(now.atZone(ZoneId.systemDefault())));
    if (event.number() > 0) {
      line.append("  #").append(event.number());
    }
    line.append("  ").append(event.focus() == null ? "(not to be seen)" : event.focus());
    JsonNode resource = event.resource();
    if (resource != null && resource.path("resourceType").asText().equals("Communication")) {
      line.append("  ").append(message(resource));
    } else if (resource != null && resource.has("status")) {
      line.append("  ").append(resource.path("status").asText());
    }
    return line.append(delay(event.at(), now)).toString();
  }

  private static String message(JsonNode message) {
    StringBuilder line = new StringBuilder();
    line.append(message.at("/sender/reference").asText("?")).append(" -> ");
    String separator = "";
    for (JsonNode recipient : message.path("recipient")) {
      line.append(separator).append(recipient.path("reference").asText());
      separator = ", ";
    }
    JsonNode thread = message.at("/partOf/0/reference");
    if (!thread.isMissingNode()) {
      line.append("  in ").append(thread.asText());
    }
    String text = message.at("/payload/0/contentString").asText();
    if (!text.isEmpty()) {
      line.append("  \"").append(shortened(text)).append('"');
    }
    return line.toString();
  }

  private static String shortened(String text) {
    // Control characters in a message must not reach the terminal.
    String plain = text.replaceAll("\\p{Cntrl}+", " ");
    return plain.length() <= TEXT_LIMIT ? plain : plain.substring(0, TEXT_LIMIT) + "...";
  }

  private static String delay(String at, Instant now) {
    try {
      long millis = Duration.between(Instant.parse(at), now).toMillis();
      return millis >= 0 && millis < 10_000
          ? "  (%d ms after it was written)".formatted(millis)
          : "";
    } catch (DateTimeParseException e) {
      return "";
    }
  }
}
