// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.feed.Handover.Delivery;
import dev.parley.store.Change;
import dev.parley.store.ResourceTypes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts for all subscriptions, bound or not, as the log is read. Only the tail's thread calls it,
 * but for {@link #live}.
 */
final class Counting implements EventTail.Reader {
  private static final Logger LOG = LoggerFactory.getLogger(Counting.class);
  private static final int MARK_EVERY = 500;
  private static final int PAGE = 1_000;
  private static final Duration SEEN_EVERY = Duration.ofMinutes(10);

  /** What the next checkpoint writes down: all that changed up to a position. */
  record Taken(Position position, Set<LiveSubscription> changed, List<Checkpoints.Mark> marks) {}

  private final SubscriptionRows rows;
  private final ResourceTypes types;
  private final short subscriptionType;
  private final Ring ring;
  private final Handover handover;
  private final Clock clock;
  private final SubscriptionIndex index = new SubscriptionIndex();
  private final Map<Long, LiveSubscription> live = new ConcurrentHashMap<>();
  private Set<LiveSubscription> changed = new HashSet<>();
  private List<Checkpoints.Mark> marks = new ArrayList<>();
  private Position position;
  private Position saved;
  // Whether all subscriptions are counted up to the position: only then may it be written down.
  private boolean complete = true;

  Counting(SubscriptionRows rows, ResourceTypes types, Ring ring, Handover handover, Clock clock) {
    this.rows = rows;
    this.types = types;
    this.subscriptionType = types.code("Subscription");
    this.ring = ring;
    this.handover = handover;
    this.clock = clock;
  }

  /** All running subscriptions by their self; may be read by any thread. */
  Map<Long, LiveSubscription> live() {
    return live;
  }

  SubscriptionIndex index() {
    return index;
  }

  @Override
  public Position begin(Connection connection, int era) throws SQLException {
    if (position != null) {
      // Those that were dropped when the connection broke are taken up again.
      admit(connection, rows.load(connection, null));
      complete = true;
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
    found.values().forEach(this::put);
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
    Map<Long, LiveSubscription> stored = touched(connection, events);
    admit(connection, stored);
    List<Delivery> deliveries = new ArrayList<>();
    try {
      for (Event event : events) {
        read(connection, event, stored, deliveries);
        position = event.position();
      }
    } finally {
      // Also if it broke off: what is counted will not be counted again.
      handover.deliver(connection, deliveries);
    }
  }

  @Override
  public boolean isHeard() {
    return live.values().stream().anyMatch(each -> !each.bindings().isEmpty());
  }

  private Map<Long, LiveSubscription> touched(Connection connection, List<Event> events)
      throws SQLException {
    long[] touched =
        events.stream()
            .filter(e -> e.type() == subscriptionType)
            .mapToLong(Event::self)
            .distinct()
            .toArray();
    return touched.length == 0 ? Map.of() : rows.load(connection, touched);
  }

  private void read(
      Connection connection,
      Event event,
      Map<Long, LiveSubscription> stored,
      List<Delivery> deliveries)
      throws SQLException {
    LoggedEvent logged = new LoggedEvent(event, types.name(event.type()));
    ring.add(logged);
    if (event.type() == subscriptionType) {
      change(connection, event, stored.get(event.self()), deliveries);
    }
    for (LiveSubscription each : index.candidates(event)) {
      if (each.counts(event)) {
        deliver(each, count(each, logged), deliveries);
      }
    }
  }

  private static void deliver(
      LiveSubscription subscription, Numbered event, List<Delivery> deliveries) {
    if (!subscription.bindings().isEmpty()) {
      deliveries.add(new Delivery(subscription, event));
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

  /** Takes up those of these that are not known yet. */
  void admit(Connection connection, long[] selfs) throws SQLException {
    admit(connection, rows.load(connection, selfs));
  }

  /** Counts what they missed by not being known. */
  private void admit(Connection connection, Map<Long, LiveSubscription> stored)
      throws SQLException {
    for (LiveSubscription each : stored.values()) {
      if (!live.containsKey(each.row().self())) {
        recount(connection, each, position, counted -> {});
        put(each);
      }
    }
  }

  private void put(LiveSubscription subscription) {
    index.put(subscription);
    live.put(subscription.row().self(), subscription);
  }

  /** Counts from where the subscription has read up to a place. */
  private void recount(
      Connection connection,
      LiveSubscription subscription,
      Position upTo,
      Consumer<Numbered> counted)
      throws SQLException {
    List<LoggedEvent> recent = ring.between(subscription.read(), upTo);
    if (recent != null) {
      for (LoggedEvent each : recent) {
        if (subscription.counts(each.event)) {
          counted.accept(count(subscription, each));
        }
      }
    } else {
      try {
        recountFromLog(connection, subscription, upTo, counted);
      } catch (SQLException e) {
        // Half counted: forgotten, and counted anew from what is written down.
        changed.remove(subscription);
        complete = false;
        throw e;
      }
    }
    subscription.readUpTo(upTo);
  }

  private void recountFromLog(
      Connection connection,
      LiveSubscription subscription,
      Position upTo,
      Consumer<Numbered> counted)
      throws SQLException {
    Match match = subscription.segment().match();
    Position after = subscription.read();
    List<Event> page;
    do {
      page = EventLog.between(connection, after, upTo, match.type(), match.filter().anchor(), PAGE);
      for (Event event : page) {
        if (subscription.counts(event)) {
          LoggedEvent logged = new LoggedEvent(event, types.name(event.type()));
          counted.accept(count(subscription, logged));
        }
        after = event.position();
      }
    } while (page.size() == PAGE);
  }

  /** A Subscription was written. */
  private void change(
      Connection connection, Event event, LiveSubscription stored, List<Delivery> deliveries)
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
    if (next == null) {
      return;
    }
    known.enter(next);
    index.put(known);
    changed.add(known);
    try {
      // Handed over like any other: what is left to be read from the log begins at the new filter.
      recount(connection, known, event.position(), counted -> deliver(known, counted, deliveries));
    } catch (SQLException e) {
      // Its clients come back.
      end(known, null);
      throw e;
    }
    handover.wake(known.bindings().stream().map(Binding::channel).toList());
  }

  private void end(LiveSubscription subscription, String why) {
    live.remove(subscription.row().self());
    index.remove(subscription);
    subscription.end(why);
  }

  /** It has something to be written down. */
  void touch(LiveSubscription subscription) {
    changed.add(subscription);
  }

  /** What has changed since it was last taken; null if there is nothing. */
  Taken take() {
    Instant now = clock.instant();
    for (LiveSubscription each : live.values()) {
      boolean stale = each.seen() == null || each.seen().isBefore(now.minus(SEEN_EVERY));
      if (stale && !each.bindings().isEmpty()) {
        each.seen(now);
        changed.add(each);
      }
      if (each.takeConfirmed()) {
        changed.add(each);
      }
    }
    // One that was dropped and taken up again counts anew: the old one would say less.
    changed.removeIf(each -> live.getOrDefault(each.row().self(), each) != each);
    if (position == null || !complete || changed.isEmpty() && position.equals(saved)) {
      return null;
    }
    Taken taken = new Taken(position, changed, marks);
    changed = new HashSet<>();
    marks = new ArrayList<>();
    saved = position;
    return taken;
  }

  /** It could not be written: the next will hold it. */
  void giveBack(Taken taken) {
    changed.addAll(taken.changed());
    marks.addAll(taken.marks());
    saved = null;
  }
}
