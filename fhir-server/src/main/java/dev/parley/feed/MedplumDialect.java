// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the published {@code @medplum/core} understands: history bundles that begin with R4B's
 * SubscriptionStatus, references to the Subscription relative, one event in a bundle.
 */
public final class MedplumDialect implements Dialect {
  private final Supplier<String> base;
  private final Clock clock;

  public MedplumDialect(Supplier<String> base, Clock clock) {
    this.base = base;
    this.clock = clock;
  }

  @Override
  public String handshake(LiveSubscription subscription) {
    return bundle("{\"resource\":" + status(subscription, "handshake", "") + "}");
  }

  @Override
  public String notification(LiveSubscription subscription, List<Numbered> events) {
    Numbered last = events.get(events.size() - 1);
    return notification(subscription, last);
  }

  /** Also for what an abandoned subscription of the same client missed; that has the number 0. */
  String notification(LiveSubscription subscription, Numbered numbered) {
    LoggedEvent event = numbered.event();
    boolean seen = !numbered.hidden();
    StringBuilder detail = new StringBuilder(200);
    detail.append(",\"notificationEvent\":[{\"eventNumber\":\"").append(numbered.number());
    detail.append("\",\"timestamp\":\"").append(event.event.at()).append('"');
    if (seen) {
      detail.append(",\"focus\":{\"reference\":\"").append(event.reference()).append("\"}");
    }
    detail.append(JsonText.unread(numbered.unread())).append("}]");
    String head =
        "{\"resource\":" + status(subscription, "event-notification", detail.toString()) + "}";
    return bundle(seen ? head + entry(event) : head);
  }

  @Override
  public String heartbeat(LiveSubscription subscription) {
    return heartbeats(List.of(subscription));
  }

  /** One bundle for all of a socket's subscriptions. */
  public String heartbeats(List<LiveSubscription> subscriptions) {
    return bundle(
        subscriptions.stream()
            .map(s -> "{\"resource\":" + status(s, "heartbeat", "") + "}")
            .collect(Collectors.joining(",")));
  }

  @Override
  public String lost(LiveSubscription subscription, long from, long until) {
    return JsonText.outcome(
        "warning",
        "incomplete",
        "events-not-kept",
        "Events %d to %d of Subscription/%s are not kept any more; search for what changed meanwhile"
            .formatted(from, until - 1, subscription.id()));
  }

  @Override
  public String ended(LiveSubscription subscription, String reason) {
    return JsonText.outcome(
        "error",
        reason.equals("binding-expired") ? "expired" : "deleted",
        reason,
        "No more notifications of Subscription/%s come on this socket"
            .formatted(subscription.id()));
  }

  // Put together by hand: this runs for every socket and event.
  private String bundle(String entries) {
    return "{\"resourceType\":\"Bundle\",\"id\":\""
        + JsonText.uuid()
        + "\",\"type\":\"history\",\"timestamp\":\""
        + clock.instant()
        + "\",\"entry\":["
        + entries
        + "]}";
  }

  private static String status(LiveSubscription subscription, String type, String detail) {
    return "{\"resourceType\":\"SubscriptionStatus\",\"id\":\""
        + JsonText.uuid()
        + "\",\"status\":\"active\",\"type\":\""
        + type
        + "\",\"eventsSinceSubscriptionStart\":\""
        + subscription.number()
        + "\",\"subscription\":{\"reference\":\"Subscription/"
        + subscription.id()
        + "\"}"
        + detail
        + "}";
  }

  private String entry(LoggedEvent event) {
    String json = event.json;
    if (json == null) {
      return event.event.kind() == Change.Kind.DELETE
          ? ",{\"fullUrl\":\"%s/%s\",\"request\":{\"method\":\"DELETE\",\"url\":\"%s\"}}"
              .formatted(base.get(), event.reference(), event.reference())
          : "";
    }
    String known = event.medplumEntry;
    if (known == null) {
      known =
          ",{\"fullUrl\":\""
              + base.get()
              + "/"
              + event.reference()
              + "\",\"resource\":"
              + json
              + "}";
      event.medplumEntry = known;
    }
    return known;
  }
}
