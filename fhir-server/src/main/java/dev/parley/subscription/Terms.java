// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feed.Criteria;
import dev.parley.feed.SubscriptionRow;
import dev.parley.feed.Topic;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Element;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Subscription;
import org.hl7.fhir.r4.model.Subscription.SubscriptionChannelComponent;

/**
 * What a Subscription asks for, checked (B-1 to B-17): pure, from the resource to the row and the
 * text of what it matches.
 *
 * @param matches see {@link Criteria#text}
 */
record Terms(SubscriptionRow row, String matches) {
  private static final Set<String> CHANNELS = Set.of("websocket", "rest-hook");
  private static final Set<String> CONTENTS = Set.of("empty", "id-only", "full-resource");
  private static final Set<String> MIMES = Set.of("application/fhir+json", "application/json");

  /**
   * @throws Refusal 422 naming what is not supported
   */
  static Terms of(
      Subscription subscription, String id, Caller owner, Endpoints endpoints, Instant now) {
    SubscriptionChannelComponent channel = subscription.getChannel();
    noCrossVersion(subscription);
    String criteria = subscription.getCriteria();
    if (criteria == null || criteria.isBlank()) {
      throw no("required", "criteria-missing", "A Subscription needs criteria", "criteria");
    }
    List<String> filters = filters(subscription);
    Topic topic = topic(criteria);
    String content = content(channel.getPayloadElement());
    String type = type(channel);
    boolean backport = topic != null || content != null;
    if (topic != null && content == null) {
      throw no(
          "required",
          "payload-content-missing",
          "A subscription to a topic needs the extension " + Backport.CONTENT,
          "channel.payload");
    }
    if (topic == null && !filters.isEmpty()) {
      throw no(
          "not-supported",
          "filter-without-topic",
          "Filters go with a topic; put the condition into the query",
          "criteria");
    }
    endpoints.check(type, channel.getEndpoint());
    if (subscription.hasEnd() && subscription.getEnd().toInstant().isBefore(now)) {
      throw no("invalid", "already-ended", "end lies in the past", "end");
    }
    String given =
        filters.isEmpty()
            ? criteria
            : criteria + " " + filters.stream().collect(Collectors.joining(" "));
    SubscriptionRow row =
        new SubscriptionRow(
            id,
            owner.reference(),
            owner.client(),
            SubscriptionRow.scopes(owner),
            owner.patient(),
            topic == null ? null : topic.canonical(),
            given,
            backport,
            type,
            channel.getEndpoint(),
            channel.getHeader().stream().map(PrimitiveType::getValue).toList(),
            mime(channel.getPayload(), topic != null),
            content == null ? "full-resource" : content,
            number(channel, Backport.HEARTBEAT),
            number(channel, Backport.TIMEOUT),
            backport ? Math.max(1, or(number(channel, Backport.MAX_COUNT), 1)) : 1,
            status(subscription, type),
            null,
            subscription.hasEnd() ? subscription.getEnd().toInstant() : null);
    return new Terms(row, matches(subscription, topic, criteria, filters));
  }

  /** Of the resources it is about. */
  String type() {
    return matches.substring(matches.indexOf(' ') + 1).replaceAll("\\?.*", "");
  }

  private static void noCrossVersion(Subscription subscription) {
    Stream<Element> places =
        Stream.of(
            subscription.getCriteriaElement(),
            subscription.getChannel(),
            subscription.getChannel().getPayloadElement(),
            subscription.getChannel().getTypeElement());
    Stream.concat(
            subscription.getExtension().stream(), places.flatMap(e -> e.getExtension().stream()))
        .filter(e -> e.getUrl().startsWith(Backport.R5))
        .findFirst()
        .ifPresent(
            e -> {
              throw no(
                  "not-supported",
                  "cross-version-extension",
                  e.getUrl() + " is not supported",
                  "criteria");
            });
  }

  /** B-1: a canonical is a topic, anything else a query. */
  private static Topic topic(String criteria) {
    if (!criteria.matches("(?i)(https?:|urn:).*")) {
      return null;
    }
    return Topic.of(criteria)
        .orElseThrow(
            () ->
                no(
                    "not-supported",
                    "unknown-topic",
                    "There is no topic " + criteria + "; the CapabilityStatement lists them",
                    "criteria"));
  }

  private static List<String> filters(Subscription subscription) {
    return subscription.getCriteriaElement().getExtension().stream()
        .filter(e -> e.getUrl().equals(Backport.FILTER))
        .map(e -> e.getValue() == null ? "" : e.getValue().primitiveValue())
        .toList();
  }

  private static String matches(
      Subscription subscription, Topic topic, String criteria, List<String> filters) {
    if (topic == null) {
      if (!subscription.getExtensionsByUrl(Backport.EXPRESSION).isEmpty()) {
        throw no(
            "not-supported",
            "criteria-expression",
            "FHIRPath criteria cannot be judged on index keys; use the query",
            "extension");
      }
      return Criteria.text(kinds(subscription), false, criteria);
    }
    String query = filters.stream().flatMap(f -> filter(topic, f)).collect(Collectors.joining("&"));
    return Criteria.text("CUD", true, topic.type() + (query.isEmpty() ? "" : "?" + query));
  }

  /** B-3: {@code param=value}, {@code Type.param=value}, {@code Type?param=value&...}. */
  private static Stream<String> filter(Topic topic, String filter) {
    int mark = filter.indexOf('?');
    if (mark >= 0 && !filter.substring(0, mark).equals(topic.type())) {
      throw no("not-supported", "filter-type", "The topic is about " + topic.type(), "criteria");
    }
    return Stream.of(filter.substring(mark + 1).split("&"))
        .map(
            part -> {
              String plain =
                  part.startsWith(topic.type() + ".")
                      ? part.substring(topic.type().length() + 1)
                      : part;
              String name = plain.split("[:=]", 2)[0];
              String parameter = topic.filters().get(name);
              if (parameter == null) {
                throw no(
                    "not-supported",
                    "unknown-filter",
                    "The topic cannot be filtered by \"%s\"; it can by %s"
                        .formatted(name, topic.filters().keySet().stream().sorted().toList()),
                    "criteria");
              }
              return parameter + plain.substring(name.length());
            });
  }

  private static String kinds(Subscription subscription) {
    String kinds =
        subscription.getExtensionsByUrl(Backport.INTERACTION).stream()
            .map(
                e ->
                    switch (String.valueOf(e.getValue().primitiveValue())) {
                      case "create" -> "C";
                      case "update" -> "U";
                      case "delete" -> "D";
                      default ->
                          throw no(
                              "invalid", "interaction", "create, update or delete", "extension");
                    })
            .sorted()
            .distinct()
            .collect(Collectors.joining());
    return kinds.isEmpty() ? "CUD" : kinds;
  }

  private static String type(SubscriptionChannelComponent channel) {
    String type = channel.getType() == null ? "" : channel.getType().toCode();
    Extension custom = channel.getTypeElement().getExtensionByUrl(Backport.CHANNEL_TYPE);
    if (custom != null || !CHANNELS.contains(type)) {
      throw no(
          "not-supported",
          "channel-type",
          "Channels are websocket and rest-hook, without custom types",
          "channel.type");
    }
    return type;
  }

  private static String content(StringType payload) {
    Extension extension = payload.getExtensionByUrl(Backport.CONTENT);
    if (extension == null) {
      return null;
    }
    String content = String.valueOf(extension.getValue().primitiveValue());
    if (!CONTENTS.contains(content)) {
      throw no(
          "not-supported",
          "payload-content",
          "Content is empty, id-only or full-resource",
          "channel.payload");
    }
    return content;
  }

  /** B-13: the type, and no other FHIR version in it. */
  private static String mime(String payload, boolean required) {
    if (payload == null || payload.isEmpty()) {
      if (required) {
        throw no(
            "required",
            "payload-missing",
            "channel.payload says which MIME type",
            "channel.payload");
      }
      return null;
    }
    String[] parts = payload.split(";");
    boolean known = MIMES.contains(parts[0].strip()) && payload.matches("[ -~]*");
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      known &=
          !parameter.startsWith("fhirVersion")
              || parameter.matches("fhirVersion=\"?4\\.0(\\.1)?\"?");
    }
    if (!known) {
      throw no(
          "not-supported",
          "payload-mime",
          "Notifications are application/fhir+json of FHIR 4.0",
          "channel.payload");
    }
    return payload;
  }

  private static Integer number(SubscriptionChannelComponent channel, String url) {
    Extension extension = channel.getExtensionByUrl(url);
    if (extension == null) {
      return null;
    }
    String text = extension.getValue() == null ? "" : extension.getValue().primitiveValue();
    if (text == null || !text.matches("[1-9]\\d{0,6}")) {
      throw no("invalid", "not-a-number", url + " takes a number from 1 on", "channel");
    }
    return Integer.valueOf(text);
  }

  private static int or(Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }

  /** B-16, B-17, B-18: a client switches off, or asks; the server says when it is active. */
  private static String status(Subscription subscription, String type) {
    if (subscription.getStatus() == Subscription.SubscriptionStatus.OFF) {
      return "off";
    }
    return type.equals("websocket") ? "active" : "requested";
  }

  static Refusal no(String issue, String reason, String sentence, String element) {
    return Refusal.unprocessable(issue, reason, sentence).at("Subscription." + element);
  }
}
