// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.presence.Sign;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a client says on the socket, in any of the spellings that are about (B-52, B-60). */
sealed interface ClientCommand {
  /**
   * Bind what the token covers.
   *
   * @param after the last number the client has, by subscription id; under "" for the only one
   */
  record Bind(String token, Map<String, Long> after) implements ClientCommand {}

  record Unbind(String token) implements ClientCommand {}

  /** R4's own {@code bind <id>}. */
  record BindClassic(String id) implements ClientCommand {}

  /**
   * A sign of life.
   *
   * @param json whether the answer is JSON
   */
  record Ping(boolean json) implements ClientCommand {}

  /**
   * The person types in a thread. Never stored.
   *
   * @param thread "Communication/t1"
   */
  record Typing(String thread) implements ClientCommand {}

  /** The person is there, or away, or wants nothing of it any more. Never stored. */
  record Presence(Sign.Kind state) implements ClientCommand {}

  /** Nothing that is understood. */
  record Unknown(String why) implements ClientCommand {}

  ObjectMapper JSON = new ObjectMapper();
  Pattern TOKEN =
      Pattern.compile(
          "bind-with-token:?\\s+([A-Za-z0-9._~+/=-]{1,4096})\\s*(?:;\\s*last-event=(\\S+))?");
  Pattern UNBIND = Pattern.compile("unbind-from-token:?\\s+([A-Za-z0-9._~+/=-]{1,4096})");
  Pattern CLASSIC = Pattern.compile("bind\\s+:?\\s*(?:Subscription/)?([A-Za-z0-9.-]{1,64})");

  static ClientCommand parse(String message) {
    String text = message.strip();
    if (text.startsWith("{")) {
      return json(text);
    }
    if (text.equals("ping")) {
      return new Ping(false);
    }
    Matcher token = TOKEN.matcher(text);
    if (token.matches()) {
      Map<String, Long> after = token.group(2) == null ? Map.of() : after(token.group(2));
      return after == null
          ? new Unknown("last-event is a number, or id:number with commas between them")
          : new Bind(token.group(1), after);
    }
    Matcher unbind = UNBIND.matcher(text);
    if (unbind.matches()) {
      return new Unbind(unbind.group(1));
    }
    Matcher classic = CLASSIC.matcher(text);
    if (classic.matches()) {
      return new BindClassic(classic.group(1));
    }
    return new Unknown("this is not a command");
  }

  private static ClientCommand json(String text) {
    JsonNode message;
    try {
      message = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return new Unknown("this is not JSON");
    }
    JsonNode payload = message.path("payload");
    String token = payload.path("token").asText();
    return switch (message.path("type").asText()) {
      case "ping" -> new Ping(true);
      case "bind-with-token" -> {
        Map<String, Long> after = after(payload.path("lastEventNumber"));
        yield token.isEmpty() || after == null
            ? new Unknown("a bind needs a token; lastEventNumber is a number or an object of them")
            : new Bind(token, after);
      }
      case "unbind-from-token" ->
          token.isEmpty() ? new Unknown("an unbind needs a token") : new Unbind(token);
      case "typing" -> {
        String thread = payload.path("thread").asText();
        yield thread.startsWith("Communication/") && Sign.isReference(thread)
            ? new Typing(thread)
            : new Unknown("typing needs the thread, as Communication/id");
      }
      case "presence" ->
          switch (payload.path("state").asText()) {
            case "online" -> new Presence(Sign.Kind.ONLINE);
            case "away" -> new Presence(Sign.Kind.AWAY);
            case "off" -> new Presence(Sign.Kind.OFFLINE);
            default -> new Unknown("the state of presence is online, away or off");
          };
      default -> new Unknown("this type of message is not known");
    };
  }

  private static Map<String, Long> after(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return Map.of();
    }
    Map<String, Long> after = new HashMap<>();
    if (given.isObject()) {
      given.fields().forEachRemaining(e -> after.put(e.getKey(), number(e.getValue().asText())));
    } else {
      after.put("", number(given.asText()));
    }
    return after.containsValue(null) ? null : after;
  }

  private static Map<String, Long> after(String text) {
    Map<String, Long> after = new HashMap<>();
    for (String part : text.split(",")) {
      int colon = part.indexOf(':');
      after.put(colon < 0 ? "" : part.substring(0, colon), number(part.substring(colon + 1)));
    }
    return after.containsValue(null) ? null : after;
  }

  private static Long number(String text) {
    return text.matches("\\d{1,18}") ? Long.valueOf(text) : null;
  }
}
