// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.access.Caller;
import dev.parley.config.Config;
import dev.parley.db.Database;
import dev.parley.store.Deliveries;
import dev.parley.store.Redaction;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Visibility;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The live engine of a process: who wants to hear of events comes here. See the package description
 * for its parts and threads.
 */
public final class Feed implements AutoCloseable {
  private static final int RING = 4_096;
  private static final long RING_CHARACTERS = 16_000_000;
  private static final Duration HELD_TOO_LONG = Duration.ofSeconds(30);

  private final Clock clock;
  private final Readership readership;
  private final Deliveries deliveries;
  private final Counting counting;
  private final Map<Long, LiveSubscription> live;
  private final Handover handover;
  private final Backlog backlog;
  private final EventTail tail;
  private final WakeUp wakeUp;
  private final CheckpointJob checkpoints;
  private final Listeners listeners;
  private final Aftermath aftermath;

  public Feed(
      Config config,
      Database database,
      ResourceTypes types,
      Criteria criteria,
      Visibility visibility,
      Redaction redaction,
      Readership readership,
      Clock clock,
      Deliveries deliveries,
      MeterRegistry meters) {
    this.clock = clock;
    this.readership = readership;
    this.deliveries = deliveries;
    SubscriptionRows rows = new SubscriptionRows(criteria, visibility);
    Ring ring = new Ring(RING, RING_CHARACTERS);
    this.backlog = new Backlog(database, types, rows, ring, redaction, readership);
    this.handover = new Handover(ring, redaction, readership, clock, meters);
    this.counting = new Counting(rows, types, ring, handover, clock);
    this.live = counting.live();
    this.listeners = new Listeners(database, deliveries);
    this.aftermath = new Aftermath(listeners.process(), database, deliveries, backlog, live);
    this.tail = new EventTail(config, listeners.beside(counting));
    this.wakeUp = new WakeUp(config, tail::wake);
    this.checkpoints = new CheckpointJob(database, tail, counting, deliveries);
    settle(database, listeners.process());
    Gauge.builder("parley.feed.held", this, f -> f.held().toMillis() / 1000.0)
        .description("seconds that committed events have waited behind an open transaction")
        .register(meters);
    Gauge.builder("parley.feed.subscriptions", live, Map::size).register(meters);
  }

  /**
   * Before anybody writes: an event under a former era's number would lie among those long read.
   * And before anybody binds: where the clients of a process that died stand is known only now.
   */
  private static void settle(Database database, long process) {
    try (Connection connection = database.connection()) {
      Era.settle(connection);
      Aftermath.claim(connection, process);
    } catch (SQLException e) {
      throw new IllegalStateException("The era of the event log cannot be settled", e);
    }
  }

  public void start() {
    tail.start();
    wakeUp.start();
    checkpoints.start();
    listeners.start();
    aftermath.start(tail);
  }

  /** Called after each commit of this process that wrote something. Never blocks. */
  public void committed() {
    tail.wake();
    wakeUp.committed();
  }

  /** How long committed events have waited behind an open transaction of the cluster. */
  public Duration held() {
    return tail.held();
  }

  /** Whether the log is being read; false while the database is away. */
  public boolean following() {
    return tail.following();
  }

  /** What readiness has to say about the feed, if there is something. */
  public Optional<String> trouble() {
    if (!tail.following()) {
      return Optional.of("the event log is not being read");
    }
    return held().compareTo(HELD_TOO_LONG) > 0
        ? Optional.of(
            "pushes have waited %d s behind an open transaction".formatted(held().toSeconds()))
        : Optional.empty();
  }

  /** Work that needs a thread now and then: heartbeats, retries. */
  public ScheduledExecutorService timer() {
    return handover.senders();
  }

  /**
   * A running subscription by its id, also one that was created a moment ago in another process.
   */
  public Optional<LiveSubscription> find(String id) {
    long self = dev.parley.store.Keys.self("Subscription", id);
    LiveSubscription known = live.get(self);
    if (known != null) {
      return Optional.of(known);
    }
    return onTail(
        connection -> {
          counting.admit(connection, new long[] {self});
          return live.get(self);
        });
  }

  /** All of one owner, those included that were created a moment ago. */
  public List<LiveSubscription> ownedBy(Caller owner) {
    onTail(
        connection -> {
          long[] unknown =
              Arrays.stream(SubscriptionTable.ofOwner(connection, owner.reference()))
                  .filter(self -> !live.containsKey(self))
                  .toArray();
          if (unknown.length > 0) {
            counting.admit(connection, unknown);
          }
          return true;
        });
    return live.values().stream().filter(s -> s.owner().is(owner)).toList();
  }

  /** What only the tail's thread may do; nothing if it does not come to it within 5 s. */
  private <T> Optional<T> onTail(TailWork<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    tail.execute(
        connection -> {
          try {
            done.complete(work.with(connection));
          } finally {
            done.complete(null);
          }
        });
    try {
      return Optional.ofNullable(done.get(5, TimeUnit.SECONDS));
    } catch (TimeoutException | ExecutionException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Work with the tail's connection. */
  private interface TailWork<T> {
    T with(Connection connection) throws SQLException;
  }

  /** All running subscriptions. */
  public List<LiveSubscription> all() {
    return List.copyOf(live.values());
  }

  /**
   * Joins a channel to a subscription: it gets everything after the given number, then what comes.
   * The channel sends the handshake and then pulls.
   */
  public Binding bind(LiveSubscription subscription, Channel channel, Dialect dialect, long after) {
    Binding binding = new Binding(subscription, channel, dialect, this, after);
    listeners.add(binding);
    subscription.bindings().add(binding);
    tail.heed();
    binding.join();
    subscription.seen(clock.instant());
    if (subscription.ended()) {
      // Since it was found: nobody else would tell this one.
      subscription.dismiss(binding);
    }
    return binding;
  }

  public void unbind(Binding binding) {
    binding.close();
    binding.subscription().bindings().remove(binding);
    binding.subscription().seen(clock.instant());
    tail.execute(connection -> counting.touch(binding.subscription()));
  }

  /**
   * Removes events from before this moment, a chunk at a time between two reads of the tail.
   *
   * @return how many
   */
  public int purge(Instant before) {
    int purged = 0;
    int chunk;
    do {
      CompletableFuture<Integer> done = new CompletableFuture<>();
      tail.execute(
          connection -> {
            try {
              done.complete(
                  EventPurge.chunk(
                      connection, counting.index(), before, Checkpoints.position(connection)));
            } catch (SQLException e) {
              done.completeExceptionally(e);
              throw e;
            }
          });
      try {
        chunk = done.get(30, TimeUnit.SECONDS);
      } catch (TimeoutException | ExecutionException e) {
        throw new IllegalStateException("Events are not purged now", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return purged;
      }
      purged += chunk;
    } while (chunk > 0);
    return purged;
  }

  /** Events by number, both ends included, at most limit of them. */
  public Missed events(
      LiveSubscription subscription, long since, long until, int limit, String content)
      throws SQLException {
    Missed missed = backlog.read(subscription, since - 1, until, limit, content);
    sends(subscription, missed.events());
    deliveries.flush();
    return missed;
  }

  /** For the audit trail: these go out to this subscription's client. */
  void sends(LiveSubscription subscription, List<Numbered> events) {
    events.forEach(event -> sends(subscription, event.event()));
  }

  void sends(LiveSubscription subscription, LoggedEvent event) {
    boolean whole = subscription.row().content().equals("full-resource");
    deliveries.add(
        event.type,
        event.event.id(),
        event.event.version(),
        whole ? event.json : null,
        subscription.owner(),
        subscription.id());
  }

  /** A client of this person has it. */
  void got(Caller reader, long message) {
    readership.got(reader, message);
  }

  /** Whether nothing may go out, because the audit trail cannot be written. */
  boolean holdsBack() {
    return deliveries.full();
  }

  /** Whether it is known, whatever happens, that this subscription has a client here. */
  boolean isWrittenDown(LiveSubscription subscription) {
    return listeners.has(subscription.row().self());
  }

  Backlog backlog() {
    return backlog;
  }

  Carry carry(LiveSubscription old, long after, Snapshot start) {
    return new Carry(old, after, start, () -> tail.passed(start.era(), start.xmax()));
  }

  /** Runs work in a few milliseconds. */
  void soon(Runnable work) {
    handover.senders().schedule(work, 5, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    checkpoints.stop();
    wakeUp.close();
    tail.close();
    checkpoints.close();
    aftermath.close();
    listeners.close();
    backlog.close();
    handover.close();
  }
}
