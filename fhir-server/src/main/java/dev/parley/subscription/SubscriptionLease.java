// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.feed.Feed;
import dev.parley.store.Draft;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.hl7.fhir.r4.model.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What ends by itself after the retention time: websocket subscriptions that nobody binds any more
 * (one client makes a new one at every reconnect), those past their end, old tokens, old events.
 */
public final class SubscriptionLease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionLease.class);
  private static final String ENDED =
      """
      select id from subscription where channel = 'websocket' and seen < ? or ends < ? limit 1000
      """;

  private final Database database;
  private final ResourceStore store;
  private final Feed feed;
  private final BindingTokens tokens;
  private final Duration retention;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-lease"));

  public SubscriptionLease(
      Database database,
      ResourceStore store,
      Feed feed,
      BindingTokens tokens,
      Duration retention,
      Clock clock) {
    this.database = database;
    this.store = store;
    this.feed = feed;
    this.tokens = tokens;
    this.retention = retention;
    this.clock = clock;
  }

  public void start() {
    timer.scheduleWithFixedDelay(this::sweepAndLog, 1, 1, TimeUnit.MINUTES);
  }

  private void sweepAndLog() {
    try {
      sweep();
    } catch (SQLException | RuntimeException e) {
      LOG.warn("Old subscriptions and events are not removed now: {}", e.toString());
    }
  }

  /** Once through; any process may do it at any time. */
  public void sweep() throws SQLException {
    Instant before = clock.instant().minus(retention);
    for (String id : ended(before)) {
      try {
        store.as(Caller.SYSTEM).write(Step.delete("Subscription", id, null));
        LOG.info("Subscription/{} has ended", id);
      } catch (Refusal e) {
        LOG.info("Subscription/{} is not removed: {}", id, e.reason());
      }
    }
    tokens.forget(before);
    feed.purge(before);
  }

  private List<String> ended(Instant before) throws SQLException {
    try (Connection connection = database.connection();
        PreparedStatement statement = connection.prepareStatement(ENDED)) {
      statement.setTimestamp(1, Timestamp.from(before));
      statement.setTimestamp(2, Timestamp.from(clock.instant()));
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
  public void end(String person, FhirContext fhir) {
    timer.execute(
        () ->
            feed.all().stream()
                .filter(each -> each.owner().reference().equals(person))
                .forEach(each -> switchOff(each.id(), fhir)));
  }

  private void switchOff(String id, FhirContext fhir) {
    try {
      store
          .as(Caller.SYSTEM)
          .write(
              Step.patch(
                  "Subscription",
                  id,
                  stored -> {
                    Subscription subscription =
                        fhir.newJsonParser().parseResource(Subscription.class, stored.json());
                    subscription.setStatus(Subscription.SubscriptionStatus.OFF);
                    subscription.setError("Its owner's access has ended");
                    return Draft.of(subscription, fhir);
                  },
                  null));
    } catch (RuntimeException e) {
      // The next look at who listens finds it again.
      LOG.info("Subscription/{} is not switched off now: {}", id, e.toString());
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
