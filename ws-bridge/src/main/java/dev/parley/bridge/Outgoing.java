// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.feed.Count;

/**
 * A text on its way to the client.
 *
 * @param from whose it is; null for an answer
 * @param upTo the last number in it; null if it has none
 */
record Outgoing(String text, BoundSubscription from, Count upTo) {}
