// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change;

/** An event on its way out, with its resource's text: encoded once, whoever gets it. */
public final class LoggedEvent {
  final Event event;
  final String type;

  /** The resource as a client sees it; null when deleted, not loaded, or not to be had any more. */
  volatile String json;

  /** The entries that dialects make of it, kept for the next subscriber. */
  volatile String backportEntry;

  volatile String medplumEntry;

  /** Whether the ring holds it, and the characters that it has counted; guarded by the ring. */
  boolean held;

  long weighed;

  LoggedEvent(Event event, String type) {
    this.event = event;
    this.type = type;
  }

  /** The same event with other text, for somebody from whom some of it is withheld. */
  LoggedEvent showing(String lessJson) {
    LoggedEvent other = new LoggedEvent(event, type);
    other.json = lessJson;
    return other;
  }

  /** "Type/id" of what changed. */
  public String reference() {
    return type + "/" + event.id();
  }

  /** The resource as a client sees it, or null. */
  public String json() {
    return json;
  }

  /** Characters in memory: its text, and about as much again for each entry made of it. */
  long length() {
    String text = json;
    return text == null ? 0 : 2L * text.length();
  }

  public boolean deleted() {
    return event.kind() == Change.Kind.DELETE;
  }
}
