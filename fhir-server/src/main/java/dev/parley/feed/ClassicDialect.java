// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.List;

/** R4's own websocket protocol: {@code bound <id>}, then {@code ping <id>} for each event. */
public final class ClassicDialect implements Dialect {
  @Override
  public String handshake(LiveSubscription subscription) {
    return "bound " + subscription.id();
  }

  @Override
  public String notification(LiveSubscription subscription, List<Numbered> events) {
    return "ping " + subscription.id();
  }

  @Override
  public String heartbeat(LiveSubscription subscription) {
    return null;
  }

  @Override
  public String lost(LiveSubscription subscription, long from, long until) {
    // A ping says "search for what is new", and that is what there is to do.
    return "ping " + subscription.id();
  }

  @Override
  public String ended(LiveSubscription subscription, String reason) {
    return "unbound " + subscription.id() + " " + reason;
  }
}
