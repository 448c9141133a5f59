// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change;
import dev.parley.store.Codes;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;

/** HL7 Subscriptions Backport 1.1 for R4: history bundles that begin with a Parameters status. */
public final class BackportDialect implements Dialect {
  private static final String PROFILE =
      "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4";
  private static final String ERRORS = Codes.SYSTEMS + "subscription-error";

  private final Supplier<String> base;
  private final Clock clock;

  /**
   * @param base the FHIR base under which clients reach this server, without a slash at the end
   */
  public BackportDialect(Supplier<String> base, Clock clock) {
    this.base = base;
    this.clock = clock;
  }

  @Override
  public String handshake(LiveSubscription subscription) {
    // B-31: "0" for a new one; a client that comes back sees how far the subscription is.
    return bundle(subscription, "handshake", List.of(), subscription.row().content(), null);
  }

  @Override
  public String heartbeat(LiveSubscription subscription) {
    return bundle(subscription, "heartbeat", List.of(), subscription.row().content(), null);
  }

  @Override
  public String notification(LiveSubscription subscription, List<Numbered> events) {
    return bundle(subscription, "event-notification", events, subscription.row().content(), null);
  }

  @Override
  public String lost(LiveSubscription subscription, long from, long until) {
    return bundle(
        subscription, "heartbeat", List.of(), subscription.row().content(), notKept(from, until));
  }

  @Override
  public String ended(LiveSubscription subscription, String reason) {
    return bundle(
        subscription,
        "heartbeat",
        List.of(),
        subscription.row().content(),
        error(reason, "No more notifications come on this binding"));
  }

  /** The answer of {@code $events} (B-45). */
  public String queryEvents(
      LiveSubscription subscription, Missed missed, long since, String content) {
    String lost = missed.from() > since ? notKept(since, missed.from()) : null;
    return bundle(subscription, "query-event", missed.events(), content, lost);
  }

  /** The status Parameters of {@code $status} (B-41), a resource of its own. */
  public String queryStatus(LiveSubscription subscription) {
    SubscriptionRow row = subscription.row();
    String failed = row.error() == null ? null : error("delivery-failed", row.error());
    return status(subscription, "query-status", List.of(), row.content(), failed);
  }

  private static String notKept(long from, long until) {
    return error(
        "events-not-kept",
        "Events %d to %d are not kept any more; search for what changed meanwhile"
            .formatted(from, until - 1));
  }

  private static String error(String code, String text) {
    return "{\"name\":\"error\",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"%s\",\"code\":\"%s\"}],\"text\":%s}}"
        .formatted(ERRORS, code, JsonText.quote(text));
  }

  private String bundle(
      LiveSubscription subscription,
      String type,
      List<Numbered> events,
      String content,
      String error) {
    StringBuilder out = new StringBuilder(1_200);
    out.append("{\"resourceType\":\"Bundle\",\"id\":\"").append(JsonText.uuid());
    out.append("\",\"type\":\"history\",\"timestamp\":\"").append(clock.instant());
    out.append("\",\"entry\":[{\"fullUrl\":\"urn:uuid:").append(JsonText.uuid());
    out.append("\",\"resource\":").append(status(subscription, type, events, content, error));
    out.append(",\"request\":{\"method\":\"GET\",\"url\":\"").append(base.get());
    out.append("/Subscription/").append(subscription.id());
    out.append("/$status\"},\"response\":{\"status\":\"200\"}}");
    if (content.equals("full-resource")) {
      for (Numbered each : events) {
        if (!each.hidden()) {
          out.append(',').append(entry(each.event()));
        }
      }
    }
    return out.append("]}").toString();
  }

  private String status(
      LiveSubscription subscription,
      String type,
      List<Numbered> events,
      String content,
      String error) {
    SubscriptionRow row = subscription.row();
    StringBuilder out = new StringBuilder(600);
    out.append("{\"resourceType\":\"Parameters\",\"id\":\"").append(JsonText.uuid());
    out.append("\",\"meta\":{\"profile\":[\"").append(PROFILE).append("\"]},\"parameter\":[");
    out.append("{\"name\":\"subscription\",\"valueReference\":{\"reference\":\"")
        .append(base.get());
    out.append("/Subscription/").append(row.id()).append("\"}}");
    if (row.topic() != null && !content.equals("empty")) {
      out.append(",{\"name\":\"topic\",\"valueCanonical\":").append(JsonText.quote(row.topic()));
      out.append('}');
    }
    out.append(",{\"name\":\"status\",\"valueCode\":\"").append(row.status());
    out.append("\"},{\"name\":\"type\",\"valueCode\":\"").append(type);
    out.append("\"},{\"name\":\"events-since-subscription-start\",\"valueString\":\"");
    out.append(subscription.number()).append("\"}");
    for (Numbered each : events) {
      out.append(",{\"name\":\"notification-event\"").append(JsonText.unread(each.unread()));
      out.append(",\"part\":[{\"name\":\"event-number\",");
      out.append("\"valueString\":\"").append(each.number());
      out.append("\"},{\"name\":\"timestamp\",\"valueInstant\":\"");
      out.append(each.event().event.at()).append("\"}");
      if (!content.equals("empty") && !each.hidden()) {
        out.append(",{\"name\":\"focus\",\"valueReference\":{\"reference\":\"").append(base.get());
        out.append('/').append(each.event().reference()).append("\"}}");
      }
      out.append("]}");
    }
    if (error != null) {
      out.append(',').append(error);
    }
    return out.append("]}").toString();
  }

  /** Without resource if it was deleted (B-30). */
  private String entry(LoggedEvent event) {
    String known = event.backportEntry;
    String json = event.json;
    if (known != null && (json != null || event.deleted())) {
      return known;
    }
    Change.Kind kind = event.event.kind();
    String entry =
        "{\"fullUrl\":\"%s/%s\"%s,\"request\":{\"method\":\"%s\",\"url\":\"%s\"},\"response\":{\"status\":\"%s\"}}"
            .formatted(
                base.get(),
                event.reference(),
                json == null ? "" : ",\"resource\":" + json,
                kind.method(),
                kind == Change.Kind.CREATE ? event.type : event.reference(),
                switch (kind) {
                  case CREATE -> "201";
                  case UPDATE -> "200";
                  case DELETE -> "204";
                });
    event.backportEntry = entry;
    return entry;
  }
}
