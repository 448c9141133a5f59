// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.store.Redaction;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * An event with the number that one subscription gives it.
 *
 * @param hidden whether its owner may not see it any more: then it goes out as number and time
 */
public record Numbered(long number, LoggedEvent event, boolean hidden) {
  Numbered(long number, LoggedEvent event) {
    this(number, event, false);
  }

  Numbered withheld() {
    return new Numbered(number, event, true);
  }

  /** As the subscription's owner may read it. */
  Numbered shown(Connection connection, Redaction redaction, LiveSubscription subscription)
      throws SQLException {
    if (event.json == null || hidden || !redaction.concerns(subscription.owner(), event.type)) {
      return this;
    }
    String text = redaction.redact(connection, subscription.owner(), event.json);
    return text.equals(event.json) ? this : new Numbered(number, event.showing(text), false);
  }
}
