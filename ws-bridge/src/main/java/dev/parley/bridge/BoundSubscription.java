// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.feed.Binding;
import dev.parley.feed.Count;
import java.time.Instant;

/** A binding on a socket; guarded by its channel. */
final class BoundSubscription {
  final Binding binding;

  /** When its token runs out; null if it was bound without one. */
  Instant expires;

  /** What was last written to the socket. */
  Count sent;

  long lastSentNanos = System.nanoTime();

  BoundSubscription(Binding binding, Instant expires) {
    this.binding = binding;
    this.expires = expires;
  }

  String id() {
    return binding.subscription().id();
  }
}
