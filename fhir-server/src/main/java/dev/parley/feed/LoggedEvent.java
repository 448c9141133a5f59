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

  LoggedEvent(Event event, String type) {
    this.event = event;
    this.type = type;
  }

  /** "Type/id" of what changed. */
  public String reference() {
    return type + "/" + event.id();
  }

  /** The resource as a client sees it, or null. */
  public String json() {
    return json;
  }

  public boolean deleted() {
    return event.kind() == Change.Kind.DELETE;
  }
}
