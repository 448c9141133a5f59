// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.feed.Feed;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.websocket.Session;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The open sockets of this process: their number, their clock, their end. */
final class Sockets implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sockets.class);
  private static final int CLOSERS = 8;
  private static final Duration HELD_TOO_LONG = Duration.ofSeconds(30);
  private static final String DELAYED =
      Outcome.of(
          "transient",
          "feed-delayed",
          "What is written now is pushed later: a transaction in the database holds it back");

  private final Feed feed;
  private final Whereabouts whereabouts;
  private final Clock clock;
  private final int limit;
  private final MeterRegistry meters;
  private final Counter frames;
  private final Counter characters;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "parley-sockets"));
  private final ExecutorService closers =
      Executors.newFixedThreadPool(CLOSERS, work -> daemon(work, "parley-close"));
  private volatile boolean draining;
  // The timer's thread only.
  private boolean told;

  Sockets(Feed feed, Whereabouts whereabouts, Clock clock, int limit, MeterRegistry meters) {
    this.feed = feed;
    this.whereabouts = whereabouts;
    this.clock = clock;
    this.limit = limit;
    this.meters = meters;
    this.frames = meters.counter("parley.bridge.frames");
    this.characters = meters.counter("parley.bridge.characters");
    Gauge.builder("parley.bridge.sockets", open, Set::size).register(meters);
    timer.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  Feed feed() {
    return feed;
  }

  Whereabouts whereabouts() {
    return whereabouts;
  }

  /** Null if there is no room, or no time, for another one; then it is being closed. */
  SocketChannel open(Session session) {
    if (draining || open.size() >= limit) {
      close(session, draining ? Closing.STOPPING : Closing.FULL);
      return null;
    }
    SocketChannel channel = new SocketChannel(session, this);
    open.add(channel);
    return channel;
  }

  void gone(SocketChannel channel) {
    open.remove(channel);
    whereabouts.gone(channel);
    channel.gone();
  }

  /** A person's logins have ended: so have the sockets that carry anything of theirs. */
  void loggedOff(String person) {
    open.stream()
        .filter(each -> each.serves(person))
        .forEach(each -> each.close(Closing.LOGGED_OFF));
  }

  void sent(int length) {
    frames.increment();
    characters.increment(length);
  }

  /** Closing waits for the peer's TCP: never on the thread of the feed or of another socket. */
  void close(Session session, Closing why) {
    meters
        .counter("parley.bridge.closed", "why", why.name().toLowerCase(java.util.Locale.ROOT))
        .increment();
    closers.execute(
        () -> {
          try {
            session.close(why.reason());
          } catch (IOException | RuntimeException e) {
            LOG.debug("A socket was gone before it was closed", e);
          }
        });
  }

  private void tick() {
    long nanos = System.nanoTime();
    boolean held = feed.held().compareTo(HELD_TOO_LONG) > 0;
    if (held && !told) {
      open.forEach(each -> each.say(DELAYED));
    }
    told = held;
    for (SocketChannel each : open) {
      try {
        each.tick(nanos, clock.instant());
      } catch (RuntimeException e) {
        LOG.warn("A socket's second failed", e);
      }
    }
  }

  /** Lets what is under way arrive, then tells everybody to come back. */
  void drain() {
    draining = true;
    waitFor(() -> open.stream().allMatch(SocketChannel::idle), 2_000);
    open.forEach(each -> each.close(Closing.STOPPING));
    waitFor(open::isEmpty, 3_000);
  }

  private static void waitFor(java.util.function.BooleanSupplier done, long millis) {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (!done.getAsBoolean() && System.nanoTime() < until) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    closers.shutdown();
  }
}
