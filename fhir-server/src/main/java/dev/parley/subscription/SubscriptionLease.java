// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.access.Refusal;
import dev.parley.config.Setting;
import dev.parley.feature.Tools;
import dev.parley.feed.Feed;
import dev.parley.store.Step;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.hl7.fhir.r4.model.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What ends by itself after the retention time: websocket subscriptions that nobody binds any more
 * (one client makes a new one at every reconnect), those past their end, old tokens, old events.
 */
final class SubscriptionLease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionLease.class);
  private static final Duration EACH = Duration.ofMinutes(1);
  private static final String ENDED =
      """
      select id from subscription where channel = 'websocket' and seen < ? or ends < ? limit 1000
      """;

  private final Tools tools;
  private final Feed feed;
  private final BindingTokens tokens;
  private final Duration retention;

  /** What is to be done for this process's own sockets and rest-hooks, soon. */
  private final ExecutorService soon =
      Executors.newSingleThreadExecutor(new DaemonThreads("parley-lease"));

  SubscriptionLease(Tools tools, Feed feed, BindingTokens tokens) {
    this.tools = tools;
    this.feed = feed;
    this.tokens = tokens;
    this.retention = Duration.ofHours(tools.config().number(Setting.PARLEY_EVENT_RETENTION_HOURS));
    tools.agenda().every(EACH, "subscription-lease", this::sweep);
  }

  private void sweep() {
    Instant before = tools.clock().instant().minus(retention);
    for (String id : tools.database().with(connection -> ended(before, connection))) {
      try {
        tools.own().write(Step.delete("Subscription", id, null));
        LOG.info("Subscription/{} has ended", id);
      } catch (Refusal e) {
        LOG.info("Subscription/{} is not removed: {}", id, e.reason());
      }
    }
    tokens.forget(before);
    feed.purge(before);
  }

  private List<String> ended(Instant before, Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ENDED)) {
      statement.setTimestamp(1, Timestamp.from(before));
      statement.setTimestamp(2, Timestamp.from(tools.clock().instant()));
      List<String> ids = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getString(1));
        }
      }
      return ids;
    }
  }

  /** Switches off, in a moment, the subscriptions of a person who may not come in any more. */
  void end(String person) {
    soon.execute(
        () ->
            feed.all().stream()
                .filter(each -> each.owner().reference().equals(person))
                .forEach(each -> switchOff(each.id())));
  }

  private void switchOff(String id) {
    try {
      tools
          .own()
          .write(
              Step.change(
                  tools.fhir(),
                  Subscription.class,
                  id,
                  subscription -> {
                    subscription.setStatus(Subscription.SubscriptionStatus.OFF);
                    subscription.setError("Its owner's access has ended");
                  }));
    } catch (RuntimeException e) {
      // The next look at who listens finds it again.
      LOG.info("Subscription/{} is not switched off now: {}", id, e.toString());
    }
  }

  @Override
  public void close() {
    soon.shutdownNow();
  }
}
