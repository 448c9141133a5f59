// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.access.Caller;
import dev.parley.config.Config;
import dev.parley.db.Database;
import dev.parley.store.Change;
import dev.parley.store.Deliveries;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Visibility;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live engine of a process: reads along with the log, numbers events for every subscription,
 * and hands them to those that are bound. See the package description for its threads.
 */
public final class Feed implements EventTail.Reader, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Feed.class);
  private static final int RING = 4_096;
  private static final int MARK_EVERY = 500;
  private static final Duration HELD_TOO_LONG = Duration.ofSeconds(30);
  private static final int WAKE_AT_ONCE = 64;
  private static final Duration SEEN_EVERY = Duration.ofMinutes(10);

  private final Database database;
  private final ResourceTypes types;
  private final Clock clock;
  private final Deliveries deliveries;
  private final short subscriptionType;
  private final SubscriptionRows rows;
  private final SubscriptionIndex index = new SubscriptionIndex();
  private final Map<Long, LiveSubscription> live = new ConcurrentHashMap<>();
  private final Ring ring = new Ring(RING);
  private final Backlog backlog;
  private final EventTail tail;
  private final WakeUp wakeUp;
  private final Timer delay;
  private final ScheduledExecutorService timer;
  private final ScheduledExecutorService senders;
  // The tail's thread only, but for the checkpoint that takes them away on it.
  private Set<LiveSubscription> changed = new HashSet<>();
  private List<Checkpoints.Mark> marks = new ArrayList<>();
  private Position position;
  private Position saved;

  public Feed(
      Config config,
      Database database,
      ResourceTypes types,
      Criteria criteria,
      Visibility visibility,
      Clock clock,
      Deliveries deliveries,
      MeterRegistry meters) {
    this.database = database;
    this.types = types;
    this.clock = clock;
    this.deliveries = deliveries;
    this.subscriptionType = types.code("Subscription");
    this.rows = new SubscriptionRows(criteria, visibility);
    this.backlog = new Backlog(database, types, rows, ring);
    this.tail = new EventTail(config, this);
    this.wakeUp = new WakeUp(config, tail::wake);
    this.timer = Executors.newSingleThreadScheduledExecutor(Feed::checkpointThread);
    this.senders = Executors.newScheduledThreadPool(2, Feed::senderThread);
    this.delay =
        Timer.builder("parley.feed.delay")
            .description("from the write to the hand-over to the channels")
            .publishPercentiles(0.5, 0.99)
            .register(meters);
    Gauge.builder("parley.feed.held", this, f -> f.held().toMillis() / 1000.0)
        .description("seconds that committed events have waited behind an open transaction")
        .register(meters);
    Gauge.builder("parley.feed.subscriptions", live, Map::size).register(meters);
  }

  private static Thread checkpointThread(Runnable work) {
    Thread thread = new Thread(work, "parley-checkpoint");
    thread.setDaemon(true);
    return thread;
  }

  private static Thread senderThread(Runnable work) {
    Thread thread = new Thread(work, "parley-send");
    thread.setDaemon(true);
    return thread;
  }

  public void start() {
    tail.start();
    wakeUp.start();
    timer.scheduleWithFixedDelay(this::checkpoint, 1, 1, TimeUnit.SECONDS);
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
    return senders;
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
          admit(connection, rows.load(connection, new long[] {self}));
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
            admit(connection, rows.load(connection, unknown));
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
    subscription.bindings().add(binding);
    binding.join();
    subscription.seen(clock.instant());
    return binding;
  }

  public void unbind(Binding binding) {
    binding.close();
    binding.subscription().bindings().remove(binding);
    binding.subscription().seen(clock.instant());
    tail.execute(connection -> changed.add(binding.subscription()));
  }

  /**
   * Removes events from before this moment, a chunk at a time between two reads of the tail.
   *
   * @return how many
   */
  public int purge(Instant before) throws SQLException {
    int purged = 0;
    int chunk;
    do {
      CompletableFuture<Integer> done = new CompletableFuture<>();
      tail.execute(
          connection -> {
            try {
              done.complete(
                  EventPurge.chunk(connection, index, before, Checkpoints.position(connection)));
            } catch (SQLException e) {
              done.completeExceptionally(e);
              throw e;
            }
          });
      try {
        chunk = done.get(30, TimeUnit.SECONDS);
      } catch (TimeoutException | ExecutionException e) {
        throw new SQLException("Events are not purged now", e);
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

  /** Whether nothing may go out, because the audit trail cannot be written. */
  boolean holdsBack() {
    return deliveries.full();
  }

  Backlog backlog() {
    return backlog;
  }

  Carry carry(LiveSubscription old, long after, Snapshot start) {
    return new Carry(old, after, start, () -> tail.passed(start.era(), start.xmax()));
  }

  /** Runs work in a few milliseconds. */
  void soon(Runnable work) {
    senders.schedule(work, 5, TimeUnit.MILLISECONDS);
  }

  @Override
  public Position begin(Connection connection, int era) throws SQLException {
    if (position != null) {
      // Those that were dropped when the connection broke are taken up again.
      admit(connection, rows.load(connection, null));
      return position;
    }
    Position known = Checkpoints.position(connection);
    // Before the rows are loaded: a subscription that commits in between is found in the log.
    Position start = known.equals(Position.NONE) ? head(connection, era) : known;
    Map<Long, LiveSubscription> found = rows.load(connection, null);
    for (LiveSubscription each : found.values()) {
      Segment segment = each.segment();
      if (known.isAfter(Position.before(segment.era(), segment.xid()))) {
        each.readUpTo(known);
      } else if (start.isAfter(segment.start().floor())) {
        // Made after that position was written down: its first events may lie before it.
        start = segment.start().floor();
      }
    }
    for (LiveSubscription each : found.values()) {
      live.put(each.row().self(), each);
      index.put(each);
    }
    position = start;
    saved = known;
    ring.reset(start);
    LOG.info("The feed reads from {} for {} subscriptions", start, live.size());
    return start;
  }

  private static Position head(Connection connection, int era) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")) {
      row.next();
      return Position.before(era, row.getLong(1));
    }
  }

  @Override
  public void read(Connection connection, List<Event> events) throws SQLException {
    long[] touched =
        events.stream()
            .filter(e -> e.type() == subscriptionType)
            .mapToLong(Event::self)
            .distinct()
            .toArray();
    Map<Long, LiveSubscription> stored =
        touched.length == 0 ? Map.of() : rows.load(connection, touched);
    admit(connection, stored);
    List<Delivery> deliveries = new ArrayList<>();
    Set<LoggedEvent> wanted = new LinkedHashSet<>();
    for (Event event : events) {
      LoggedEvent logged = new LoggedEvent(event, types.name(event.type()));
      ring.add(logged);
      if (event.type() == subscriptionType) {
        change(connection, event, stored.get(event.self()));
      }
      for (LiveSubscription each : index.candidates(event)) {
        if (each.counts(event)) {
          Numbered numbered = count(each, logged);
          if (!each.bindings().isEmpty()) {
            deliveries.add(new Delivery(each, numbered));
            if (each.row().content().equals("full-resource")) {
              wanted.add(logged);
            }
          }
        }
      }
      position = event.position();
    }
    deliver(connection, deliveries, wanted);
  }

  private record Delivery(LiveSubscription subscription, Numbered event) {}

  private void deliver(Connection connection, List<Delivery> deliveries, Set<LoggedEvent> wanted)
      throws SQLException {
    boolean loaded = false;
    try {
      EventTexts.load(connection, wanted);
      loaded = true;
    } finally {
      Set<Channel> ready = new LinkedHashSet<>();
      for (Delivery delivery : deliveries) {
        for (Binding binding : delivery.subscription().bindings()) {
          if (loaded) {
            binding.offer(delivery.event());
          } else {
            binding.lag();
          }
          ready.add(binding.channel());
        }
      }
      wake(new ArrayList<>(ready));
    }
    for (LoggedEvent each : wanted) {
      Duration since = Duration.between(each.event.at(), clock.instant());
      delay.record(since.isNegative() ? Duration.ZERO : since);
    }
  }

  /** In portions, so that the senders share the work and the tail goes on. */
  private void wake(List<Channel> ready) {
    for (int from = 0; from < ready.size(); from += WAKE_AT_ONCE) {
      List<Channel> some = ready.subList(from, Math.min(from + WAKE_AT_ONCE, ready.size()));
      senders.execute(() -> some.forEach(Channel::wake));
    }
  }

  private Numbered count(LiveSubscription subscription, LoggedEvent event) {
    Numbered numbered = subscription.count(event);
    changed.add(subscription);
    if (numbered.number() % MARK_EVERY == 0) {
      marks.add(new Checkpoints.Mark(subscription.row().self(), subscription.count()));
    }
    return numbered;
  }

  /** Takes up subscriptions that are not known yet, counting what they missed by that. */
  private void admit(Connection connection, Map<Long, LiveSubscription> stored)
      throws SQLException {
    for (LiveSubscription each : stored.values()) {
      if (!live.containsKey(each.row().self())) {
        recount(connection, each);
        index.put(each);
        live.put(each.row().self(), each);
      }
    }
  }

  /** Counts from where the subscription has read to where the tail stands. Returns how many. */
  private int recount(Connection connection, LiveSubscription subscription) throws SQLException {
    int counted = 0;
    List<LoggedEvent> recent = ring.between(subscription.read(), position);
    if (recent != null) {
      for (LoggedEvent each : recent) {
        if (subscription.counts(each.event)) {
          count(subscription, each);
          counted++;
        }
      }
    } else {
      Match match = subscription.segment().match();
      Position after = subscription.read();
      List<Event> page;
      do {
        page =
            EventLog.between(
                connection, after, position, match.type(), match.filter().anchor(), 1_000);
        for (Event event : page) {
          if (subscription.counts(event)) {
            count(subscription, new LoggedEvent(event, types.name(event.type())));
            counted++;
          }
          after = event.position();
        }
      } while (page.size() == 1_000);
    }
    subscription.readUpTo(position);
    return counted;
  }

  /** A Subscription was written. */
  private void change(Connection connection, Event event, LiveSubscription stored)
      throws SQLException {
    LiveSubscription known = live.get(event.self());
    if (known == null) {
      return;
    }
    if (stored == null) {
      end(known, event.kind() == Change.Kind.DELETE ? "deleted" : "off");
      return;
    }
    known.row(stored.row());
    stored.pending().forEach(known::add);
    Segment next = known.nextAt(event);
    if (next != null) {
      known.enter(next);
      index.put(known);
      changed.add(known);
      position = event.position();
      try {
        if (recount(connection, known) > 0) {
          known.bindings().forEach(Binding::lag);
        }
      } catch (SQLException e) {
        // Half counted: forgotten here, its clients come back, and it is counted anew.
        changed.remove(known);
        end(known, null);
        throw e;
      }
      wake(known.bindings().stream().map(Binding::channel).toList());
    }
  }

  private void end(LiveSubscription subscription, String why) {
    subscription.end();
    live.remove(subscription.row().self());
    index.remove(subscription);
    for (Binding binding : subscription.bindings()) {
      binding.close();
      binding.channel().ended(binding, why);
    }
    subscription.bindings().clear();
  }

  /** Writes down how far everything has come. Losing this costs reading, not events. */
  private void checkpoint() {
    CompletableFuture<Taken> taken = new CompletableFuture<>();
    tail.execute(connection -> taken.complete(take()));
    try {
      Taken work = taken.get(5, TimeUnit.SECONDS);
      if (work != null) {
        write(work);
      }
    } catch (TimeoutException e) {
      LOG.debug("The tail is busy or away; the next checkpoint will hold more");
    } catch (ExecutionException | RuntimeException e) {
      // Thrown on, it would end the timer's task for good.
      LOG.warn("No checkpoint; the next will hold it", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Taken(
      Position position, Set<LiveSubscription> changed, List<Checkpoints.Mark> marks) {}

  private Taken take() {
    Instant stale = clock.instant().minus(SEEN_EVERY);
    for (LiveSubscription each : live.values()) {
      if (!each.bindings().isEmpty() && (each.seen() == null || each.seen().isBefore(stale))) {
        each.seen(clock.instant());
        changed.add(each);
      }
      if (each.takeConfirmed()) {
        changed.add(each);
      }
    }
    if (position == null || changed.isEmpty() && position.equals(saved)) {
      return null;
    }
    Taken taken = new Taken(position, changed, marks);
    changed = new HashSet<>();
    marks = new ArrayList<>();
    saved = position;
    return taken;
  }

  private void write(Taken work) {
    try (Connection connection = database.connection()) {
      // First: what a cursor says was delivered has to be in the audit trail, whatever happens.
      deliveries.flush();
      Checkpoints.write(
          connection,
          work.position(),
          work.changed().stream().map(Checkpoints.Entry::of).toList(),
          work.marks());
    } catch (SQLException e) {
      LOG.warn("Checkpoint not written, the next will hold it: {}", e.toString());
      tail.execute(
          connection -> {
            changed.addAll(work.changed());
            marks.addAll(work.marks());
            saved = null;
          });
    }
  }

  @Override
  public void close() {
    timer.shutdown();
    try {
      // A checkpoint under way is let end: it holds what clients have confirmed.
      timer.awaitTermination(3, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    wakeUp.close();
    tail.close();
    Taken last = take();
    if (last != null) {
      write(last);
    }
    backlog.close();
    senders.shutdownNow();
  }
}
