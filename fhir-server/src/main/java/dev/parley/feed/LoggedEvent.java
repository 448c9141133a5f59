// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

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

  String reference() {
    return type + "/" + event.id();
  }
}
