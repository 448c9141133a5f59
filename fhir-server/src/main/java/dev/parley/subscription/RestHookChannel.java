// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.feed.Binding;
import dev.parley.feed.Channel;
import dev.parley.feed.ClassicDialect;
import dev.parley.feed.Dialect;
import dev.parley.feed.Dialects;
import dev.parley.feed.Feed;
import dev.parley.feed.LiveSubscription;
import dev.parley.feed.Notification;
import dev.parley.feed.SubscriptionRow;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * One rest-hook: handshake, then notifications one after the other, each tried again until it is
 * taken or patience ends. The cursor moves with every 2xx.
 */
final class RestHookChannel implements Channel {
  private final LiveSubscription subscription;
  private final SubscriptionRow row;
  private final Feed feed;
  private final GuardedClient client;
  private final Patience patience;
  private final BiFunction<String, String, CompletableFuture<Void>> report;
  private final Binding binding;
  private boolean shaken;
  private boolean wasActive;
  private boolean underWay;
  private boolean closed;
  private volatile boolean givenUp;
  private volatile boolean reported;
  private Notification unsent;
  private int failures;
  private long lastNanos = System.nanoTime();

  /**
   * @param report told the new status and, in error, what went wrong; done when it is written
   */
  RestHookChannel(
      LiveSubscription subscription,
      Feed feed,
      Dialects dialects,
      GuardedClient client,
      Patience patience,
      BiFunction<String, String, CompletableFuture<Void>> report) {
    this.subscription = subscription;
    this.row = subscription.row();
    this.feed = feed;
    this.client = client;
    this.patience = patience;
    this.report = report;
    Dialect dialect = row.backport() ? dialects.backport() : dialects.classic();
    this.binding = feed.bind(subscription, this, dialect, subscription.delivered());
    this.shaken = !row.status().equals("requested");
  }

  /** Whether the owner has changed what matters since, or asks for a new handshake. */
  synchronized boolean outdated() {
    SubscriptionRow now = subscription.row();
    wasActive |= now.status().equals("active");
    return now.status().equals("error")
        || wasActive && now.status().equals("requested")
        || !Objects.equals(now.endpoint(), row.endpoint())
        || !now.headers().equals(row.headers())
        || !Objects.equals(now.mime(), row.mime());
  }

  /**
   * Whether it has told of its handshake, and the feed says "requested" all the same: that is yet
   * to hear of it, or the owner has asked again since.
   */
  boolean isRequestedAfterAll() {
    return reported && subscription.row().status().equals("requested");
  }

  /** Whether it has ended in error, and that stands written in the Subscription. */
  boolean hasGivenUp() {
    return givenUp;
  }

  /** Whether it serves this one; a subscription that comes back after its end is another one. */
  boolean serves(LiveSubscription asked) {
    return subscription == asked;
  }

  @Override
  public void wake() {
    try {
      send();
    } catch (IllegalArgumentException e) {
      // Stored before it was checked as strictly: it fails alone.
      answered(0, e);
    }
  }

  private void send() {
    HttpRequest request;
    synchronized (this) {
      if (closed || underWay) {
        return;
      }
      request = next();
      if (request == null) {
        return;
      }
      underWay = true;
      lastNanos = System.nanoTime();
    }
    client
        .send(request)
        .whenComplete(
            (answer, failure) -> answered(answer == null ? 0 : answer.statusCode(), failure));
  }

  private HttpRequest next() {
    if (!shaken) {
      if (binding.dialect() instanceof ClassicDialect) {
        shaken = true;
        report.apply("active", null).thenRun(() -> reported = true);
      } else {
        return post(BodyPublishers.ofString(binding.handshake()));
      }
    }
    if (unsent == null) {
      unsent = binding.next();
    }
    if (unsent == null) {
      String notice = binding.notice();
      return notice == null || binding.dialect() instanceof ClassicDialect
          ? null
          : post(BodyPublishers.ofString(notice));
    }
    return binding.dialect() instanceof ClassicDialect
        ? classic(unsent)
        : post(BodyPublishers.ofString(unsent.text()));
  }

  /** B-62: nothing but a call, or the resource itself. */
  private HttpRequest classic(Notification notification) {
    if (row.mime() == null || notification.last().hidden()) {
      return post(BodyPublishers.noBody());
    }
    URI target =
        URI.create(
            row.endpoint().replaceAll("/+$", "") + "/" + notification.last().event().reference());
    String json = notification.last().event().json();
    return json == null
        ? request(target).method("DELETE", BodyPublishers.noBody()).build()
        : request(target).PUT(BodyPublishers.ofString(json)).build();
  }

  private HttpRequest post(BodyPublisher body) {
    return request(URI.create(row.endpoint())).POST(body).build();
  }

  private HttpRequest.Builder request(URI target) {
    Duration timeout =
        row.timeout() == null ? patience.timeout() : Duration.ofSeconds(row.timeout());
    HttpRequest.Builder request = HttpRequest.newBuilder(target).timeout(timeout);
    if (row.mime() != null) {
      request.header("Content-Type", row.mime());
    }
    row.headers().forEach(h -> request.header(Headers.name(h), Headers.value(h)));
    return request;
  }

  private void answered(int status, Throwable failure) {
    boolean taken = status >= 200 && status < 300;
    Duration pause = null;
    synchronized (this) {
      underWay = false;
      if (closed) {
        return;
      }
      if (taken) {
        failures = 0;
        if (!shaken) {
          shaken = true;
          report.apply("active", null).thenRun(() -> reported = true);
        } else if (unsent != null) {
          binding.confirm(unsent.upTo());
          unsent = null;
        }
      } else {
        failures++;
        // A handshake that fails is an answer (B-63); a delivery is tried again (B-64).
        if (!shaken || failures >= patience.tries()) {
          closed = true;
          report.apply("error", sentence(status, failure)).thenRun(() -> givenUp = true);
          return;
        }
        pause = patience.pause(failures);
      }
    }
    if (pause == null) {
      wake();
    } else {
      feed.timer().schedule(this::wake, pause.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** The kind of failure only: an exception's text may hold what was sent. */
  private String sentence(int status, Throwable failure) {
    Throwable cause = failure == null || failure.getCause() == null ? failure : failure.getCause();
    return "%s failed: %s"
        .formatted(
            shaken ? "Delivery" : "The handshake",
            failure == null ? "the endpoint answered " + status : cause.getClass().getSimpleName());
  }

  /** B-32: only if it was asked for, and only in silence. */
  synchronized void heartbeat() {
    if (row.heartbeat() == null
        || binding.dialect() instanceof ClassicDialect
        || closed
        || underWay
        || !shaken
        || System.nanoTime() - lastNanos < TimeUnit.SECONDS.toNanos(row.heartbeat())) {
      return;
    }
    underWay = true;
    lastNanos = System.nanoTime();
    client
        .send(post(BodyPublishers.ofString(binding.heartbeat())))
        .whenComplete(
            (answer, failure) -> {
              synchronized (this) {
                underWay = false;
              }
              wake();
            });
  }

  @Override
  public synchronized void ended(Binding ended, String why) {
    closed = true;
  }

  void close() {
    synchronized (this) {
      closed = true;
    }
    feed.unbind(binding);
  }
}
