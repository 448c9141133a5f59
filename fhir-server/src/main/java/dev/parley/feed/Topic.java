// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The topics there are. Each fires when a resource of its type is created, changed or deleted and
 * the filters hold for the new version or the one before it.
 */
public enum Topic {
  COMMUNICATION(
      "Communication",
      "recipient",
      "sender",
      "participant",
      "thread=part-of",
      "patient",
      "category",
      "priority",
      "status"),
  CONSENT("Consent", "patient", "status"),
  APPOINTMENT("Appointment", "patient", "actor", "status"),
  TASK("Task", "owner", "patient", "status", "code");

  private static final String BASE = "https://parley.dev/fhir/SubscriptionTopic/";

  private final String type;
  private final Map<String, String> filters = new LinkedHashMap<>();

  Topic(String type, String... filters) {
    this.type = type;
    for (String filter : filters) {
      int equals = filter.indexOf('=');
      this.filters.put(
          equals < 0 ? filter : filter.substring(0, equals), filter.substring(equals + 1));
    }
  }

  public String canonical() {
    return BASE + name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The resource type it is about. */
  public String type() {
    return type;
  }

  /** What it can be filtered by, and the search parameter that each filter is. */
  public Map<String, String> filters() {
    return Map.copyOf(filters);
  }

  /** The topic of this canonical; a version behind a bar is left out. */
  public static Optional<Topic> of(String canonical) {
    int bar = canonical.indexOf('|');
    String plain = bar < 0 ? canonical : canonical.substring(0, bar);
    return Arrays.stream(values()).filter(t -> t.canonical().equals(plain)).findFirst();
  }
}
