// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.feed.BackportDialect;
import dev.parley.feed.Criteria;
import dev.parley.feed.Dialects;
import dev.parley.feed.Feed;
import dev.parley.store.Rule;
import java.util.List;
import java.util.function.Supplier;

/** FHIR Subscriptions over REST; docs/features/subscription.md is the page. */
public final class Subscriptions implements Feature {
  private final SubscriptionRule rule;
  private final List<?> operations;
  private final RestHooks restHooks;
  private final SubscriptionLease lease;

  /**
   * @param socket the address of the WebSocket endpoint
   */
  public Subscriptions(
      Tools tools,
      Feed feed,
      Criteria criteria,
      Dialects dialects,
      BindingTokens tokens,
      Supplier<String> socket) {
    Config config = tools.config();
    int most = config.number(Setting.PARLEY_SUBSCRIPTION_LIMIT);
    rule = new SubscriptionRule(criteria, Endpoints.of(config), most, tools.clock());
    BackportDialect backport = dialects.backport();
    operations =
        List.of(
            new StatusOperation(feed, tools.caller(), backport, tools.fhir()),
            new EventsOperation(feed, tools.caller(), backport),
            new BindingTokenOperation(feed, tools.caller(), tokens, socket));
    restHooks = new RestHooks(tools, feed, dialects, Patience.USUAL);
    lease = new SubscriptionLease(tools, feed, tokens);
  }

  @Override
  public List<Rule> rules() {
    return List.of(rule);
  }

  @Override
  public List<?> operations() {
    return operations;
  }

  /** Switches off, in a moment, the subscriptions of a person who may not come in any more. */
  public void end(String person) {
    lease.end(person);
  }

  @Override
  public void start() {
    restHooks.start();
  }

  @Override
  public void close() {
    lease.close();
    restHooks.close();
  }
}
