// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Change;
import dev.parley.store.Keys;
import java.util.Arrays;

/** An event on its way out, with its resource's text: encoded once, whoever gets it. */
public final class LoggedEvent {
  /** The key of a message that was taken back. */
  static final long RECALLED = Keys.param("Communication", "status") ^ Keys.of("entered-in-error");

  final Event event;
  final String type;

  /** The resource as a client sees it; null when deleted, not loaded, or not to be had any more. */
  volatile String json;

  /** The entries that dialects make of it, kept for the next subscriber. */
  volatile String backportEntry;

  volatile String medplumEntry;

  /** Whether what it said was taken back; guarded by this. */
  private boolean forgotten;

  /** Whether the ring holds it, and the characters that it has counted; guarded by the ring. */
  boolean held;

  long weighed;

  LoggedEvent(Event event, String type) {
    this.event = event;
    this.type = type;
  }

  /** Puts the text to it, unless that was taken back meanwhile. */
  synchronized void text(String read) {
    json = forgotten ? null : read;
  }

  synchronized void forget() {
    forgotten = true;
    json = null;
    backportEntry = null;
    medplumEntry = null;
  }

  /** Whether by it a message was taken back: what was said before goes to nobody any more. */
  boolean recalls() {
    return event.kind() == Change.Kind.UPDATE && Arrays.binarySearch(event.keys(), RECALLED) >= 0;
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
