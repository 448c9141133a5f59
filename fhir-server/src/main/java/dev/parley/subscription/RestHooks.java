// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import static org.hl7.fhir.r4.model.Subscription.SubscriptionStatus.ERROR;
import static org.hl7.fhir.r4.model.Subscription.SubscriptionStatus.REQUESTED;

import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.feed.Dialects;
import dev.parley.feed.Feed;
import dev.parley.feed.FeedConnections;
import dev.parley.feed.LiveSubscription;
import dev.parley.store.Step;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.Subscription;
import org.hl7.fhir.r4.model.Subscription.SubscriptionStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers all rest-hooks, in one process of many: the one that holds an advisory lock. Where it
 * stops, the next goes on from the cursors.
 */
final class RestHooks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RestHooks.class);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final FeedConnections connections;
  private final Tools tools;
  private final Feed feed;
  private final Dialects dialects;
  private final Patience patience;
  private final GuardedClient client;
  private final ExecutorService reports;
  private final Map<String, RestHookChannel> channels = new HashMap<>();
  private final Thread thread = new DaemonThreads("parley-rest-hooks").newThread(this::run);
  private volatile boolean closed;

  RestHooks(Tools tools, Feed feed, Dialects dialects, Patience patience) {
    this.connections = new FeedConnections(tools.config());
    this.tools = tools;
    this.feed = feed;
    this.dialects = dialects;
    this.patience = patience;
    this.reports = Executors.newSingleThreadExecutor(new DaemonThreads("parley-rest-hook-status"));
    this.client = new GuardedClient(Endpoints.of(tools.config()));
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!closed) {
      try (Connection connection = connections.open("rest-hooks")) {
        while (!closed && !leads(connection)) {
          LockSupport.parkNanos(ASK_NANOS);
        }
        deliver(connection);
      } catch (SQLException | RuntimeException e) {
        if (!closed) {
          LOG.warn("Rest-hooks stand still: {}", e.toString());
          LockSupport.parkNanos(ASK_NANOS);
        }
      } finally {
        channels.values().forEach(RestHookChannel::close);
        channels.clear();
      }
    }
  }

  private static boolean leads(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select pg_try_advisory_lock(hashtextextended('parley rest-hooks', 0))")) {
      return row.next() && row.getBoolean(1);
    }
  }

  /** While the connection holds, so does the lock. */
  private void deliver(Connection connection) throws SQLException {
    long asked = System.nanoTime();
    while (!closed) {
      List<LiveSubscription> all = feed.all();
      for (LiveSubscription each : all) {
        if (each.row().channel().equals("rest-hook")) {
          look(each);
        }
      }
      channels.keySet().retainAll(ids(all));
      channels.values().forEach(RestHookChannel::heartbeat);
      if (System.nanoTime() - asked > ASK_NANOS) {
        asked = System.nanoTime();
        if (!connection.isValid(5)) {
          throw new SQLException("the connection with the lock is lost");
        }
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private static Set<String> ids(List<LiveSubscription> all) {
    return all.stream().map(LiveSubscription::id).collect(Collectors.toSet());
  }

  private void look(LiveSubscription subscription) {
    String id = subscription.id();
    RestHookChannel channel = channels.get(id);
    if (channel != null
        && (channel.outdated()
            || !channel.serves(subscription)
            || channel.hasGivenUp() && isAskedAgain(subscription, s -> s != ERROR)
            || channel.isRequestedAfterAll() && isAskedAgain(subscription, s -> s == REQUESTED))) {
      channel.close();
      channels.remove(id);
      channel = null;
    }
    // B-18: out of error only the owner brings it.
    if (channel == null && !subscription.row().status().equals("error")) {
      RestHookChannel started =
          new RestHookChannel(
              subscription,
              feed,
              dialects,
              client,
              patience,
              (status, error) ->
                  CompletableFuture.runAsync(() -> report(id, status, error), reports));
      channels.put(id, started);
      started.wake();
    }
  }

  /**
   * Whether the owner has set it going again since its end, or its handshake, was written down.
   * What the feed holds cannot tell: it may not have read that yet, or read both changes at once.
   */
  private boolean isAskedAgain(LiveSubscription subscription, Predicate<SubscriptionStatus> again) {
    return !subscription.row().status().equals("error")
        && tools
            .own()
            .find("Subscription", subscription.id())
            .filter(stored -> !stored.deleted())
            .map(stored -> tools.chart().parse(stored, Subscription.class))
            .filter(stored -> again.test(stored.getStatus()))
            .isPresent();
  }

  /** Writes how it stands into the Subscription, for all to see; tried until it is written. */
  private void report(String id, String status, String error) {
    while (!closed) {
      try {
        tools
            .own()
            .write(
                Step.change(
                    tools.fhir(),
                    Subscription.class,
                    id,
                    subscription -> {
                      if (status.equals("active") && subscription.getStatus() != REQUESTED) {
                        throw Refusal.conflict("changed-meanwhile", "Its owner changed it");
                      }
                      subscription.setStatus(SubscriptionStatus.fromCode(status));
                      subscription.setError(error);
                    }));
        return;
      } catch (Refusal e) {
        if (e.status() < 500) {
          LOG.info("Status {} of Subscription/{} not written: {}", status, id, e.reason());
          return;
        }
      } catch (RuntimeException e) {
        LOG.warn("Status {} of Subscription/{} not written: {}", status, id, e.toString());
      }
      LockSupport.parkNanos(ASK_NANOS);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    reports.shutdownNow();
    client.close();
    try {
      thread.join(3_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
