// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What one frame says, in whichever of the two dialects.
 *
 * @param type handshake, heartbeat, event-notification, query-event ...
 * @param total events of this subscription so far; -1 if not told
 * @param error what the server says is wrong, or null
 */
public record Notice(String type, long total, String error, List<Event> events) {

  /**
   * One event.
   *
   * @param number -1 if not told
   * @param focus reference, or null if it may not be seen
   * @param resource null if it is not in the frame
   */
  public record Event(long number, String at, String focus, JsonNode resource) {}

  /** Reads a bundle; anything else is a notice without events that holds its text as error. */
  static Notice of(JsonNode frame) {
    JsonNode status = frame.at("/entry/0/resource");
    return switch (status.path("resourceType").asText()) {
      case "Parameters" -> parameters(status, frame);
      case "SubscriptionStatus" -> subscriptionStatus(status, frame);
      default ->
          new Notice(
              "other",
              -1,
              frame
                  .at("/issue/0/details/text")
                  .asText(frame.at("/issue/0/diagnostics").asText(null)),
              List.of());
    };
  }

  private static Notice parameters(JsonNode status, JsonNode frame) {
    String type = "";
    String error = null;
    long total = -1;
    List<Event> events = new ArrayList<>();
    for (JsonNode parameter : status.path("parameter")) {
      switch (parameter.path("name").asText()) {
        case "type" -> type = parameter.path("valueCode").asText();
        case "events-since-subscription-start" -> total = parameter.path("valueString").asLong(-1);
        case "error" -> error = parameter.at("/valueCodeableConcept/text").asText();
        case "notification-event" -> events.add(event(parameter.path("part"), frame));
        default -> {}
      }
    }
    return new Notice(type, total, error, events);
  }

  private static Event event(JsonNode parts, JsonNode frame) {
    long number = -1;
    String at = "";
    String focus = null;
    for (JsonNode part : parts) {
      switch (part.path("name").asText()) {
        case "event-number" -> number = part.path("valueString").asLong(-1);
        case "timestamp" -> at = part.path("valueInstant").asText();
        case "focus" -> focus = local(part.at("/valueReference/reference").asText());
        default -> {}
      }
    }
    return new Event(number, at, focus, resource(frame, focus));
  }

  private static Notice subscriptionStatus(JsonNode status, JsonNode frame) {
    List<Event> events = new ArrayList<>();
    for (JsonNode event : status.path("notificationEvent")) {
      String focus = local(event.at("/focus/reference").asText(null));
      events.add(
          new Event(
              event.path("eventNumber").asLong(-1),
              event.path("timestamp").asText(),
              focus,
              resource(frame, focus)));
    }
    return new Notice(
        status.path("type").asText(),
        status.path("eventsSinceSubscriptionStart").asLong(-1),
        null,
        events);
  }

  private static JsonNode resource(JsonNode frame, String focus) {
    for (JsonNode entry : frame.path("entry")) {
      JsonNode resource = entry.path("resource");
      String reference =
          resource.path("resourceType").asText() + "/" + resource.path("id").asText();
      if (reference.equals(focus)) {
        return resource;
      }
    }
    return null;
  }

  private static String local(String reference) {
    return reference == null ? null : reference.replaceAll(".*/([A-Za-z]+/[^/]+)$", "$1");
  }
}
