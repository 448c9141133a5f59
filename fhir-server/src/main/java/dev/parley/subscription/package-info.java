// SPDX-License-Identifier: Apache-2.0
/**
 * What clients see of subscriptions over REST: the rule that checks them, {@code $status}, {@code
 * $events}, {@code $get-ws-binding-token}, rest-hooks, and the lease that ends what nobody uses.
 *
 * <p>{@code Subscriptions} is the feature; it is started after the feed and closed before it. Of
 * all processes one, which holds a lock, delivers the rest-hooks; one, by the agenda, looks whose
 * lease is over. docs/features/subscription.md is the page.
 */
package dev.parley.subscription;
