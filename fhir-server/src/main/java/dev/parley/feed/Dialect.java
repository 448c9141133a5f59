// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.List;

/** How a subscription speaks to its client. Texts are complete messages. */
public sealed interface Dialect permits BackportDialect, MedplumDialect, ClassicDialect {
  /** The first message of a binding. */
  String handshake(LiveSubscription subscription);

  /** Some events, in the order of their numbers. */
  String notification(LiveSubscription subscription, List<Numbered> events);

  /** A sign of life; null if the dialect has none of its own. */
  String heartbeat(LiveSubscription subscription);

  /** Numbers from one up to, not including, another are not kept any more. */
  String lost(LiveSubscription subscription, long from, long until);

  /**
   * The binding ends and the socket stays: says so.
   *
   * @param reason stable code: deleted, off, binding-expired
   */
  String ended(LiveSubscription subscription, String reason);
}
