// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.feed.Readership.Asked;
import dev.parley.feed.Readership.Own;
import dev.parley.feed.Readership.Unread;
import dev.parley.store.Change;
import dev.parley.store.Redaction;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * An event with the number that one subscription gives it.
 *
 * @param hidden whether its owner may not see it any more: then it goes out as number and time
 * @param unread what its owner has not read; null if that is not told
 */
public record Numbered(long number, LoggedEvent event, boolean hidden, Unread unread) {
  Numbered(long number, LoggedEvent event) {
    this(number, event, false, null);
  }

  Numbered withheld() {
    return new Numbered(number, event, true, unread);
  }

  /** As the subscription's owner may read it. */
  Numbered shown(Connection connection, Redaction redaction, LiveSubscription subscription)
      throws SQLException {
    String json = event.json;
    if (json == null || hidden || !redaction.concerns(subscription.owner(), event.type)) {
      return this;
    }
    String text = redaction.redact(connection, subscription.owner(), json);
    return text.equals(json) ? this : new Numbered(number, event.showing(text), false, unread);
  }

  /** Whether it is about something that somebody reads. */
  boolean hasReaders() {
    return event.type.equals("Communication") && !hidden;
  }

  /** Whether it carries a message, with all of its text. */
  boolean isWholeMessage() {
    return hasReaders()
        && event.event.thread() != null
        && event.json != null
        && !StoredResource.isWithheld(event.json);
  }

  Asked asked(LiveSubscription subscription) {
    long self = event.event.self();
    return new Asked(
        subscription.owner(),
        self,
        event.event.thread() == null ? self : event.event.thread(),
        event.json,
        event.event.kind() != Change.Kind.UPDATE);
  }

  Numbered with(Own own) {
    return new Numbered(
        number, own.json() == null ? event : event.showing(own.json()), hidden, own.unread());
  }

  /** All of one subscription with what is their reader's own. */
  static List<Numbered> own(
      Connection connection,
      Readership readership,
      LiveSubscription subscription,
      List<Numbered> events)
      throws SQLException {
    List<Asked> asked =
        events.stream().filter(Numbered::hasReaders).map(e -> e.asked(subscription)).toList();
    if (asked.isEmpty()) {
      return events;
    }
    List<Own> own = new ArrayList<>(readership.of(connection, asked));
    return events.stream().map(e -> e.hasReaders() ? e.with(own.remove(0)) : e).toList();
  }
}
