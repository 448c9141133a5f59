// SPDX-License-Identifier: Apache-2.0
/**
 * What clients see of subscriptions over REST: the rule that checks them, {@code $status}, {@code
 * $events}, {@code $get-ws-binding-token}, rest-hooks, and the lease that ends what nobody uses.
 *
 * <p>Order of making: {@code Criteria}, {@code Feed}, {@code SubscriptionRule} (goes into the
 * store's rules), the store with {@code feed::committed} as its after-commit, then {@code
 * RestHooks} and {@code SubscriptionLease}; started in the order feed, rest-hooks, lease, closed
 * the other way round. docs/features/subscription.md is the page.
 */
package dev.parley.subscription;
