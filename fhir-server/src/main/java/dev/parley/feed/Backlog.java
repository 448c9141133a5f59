// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Database;
import dev.parley.store.Redaction;
import dev.parley.store.ResourceTypes;
import dev.parley.store.Visible;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what a client missed: from the ring of recent events, else from the log. At most four at a
 * time, so that ten thousand clients coming back leave the pool to those who write.
 */
final class Backlog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);
  private static final int READERS = 4;
  private static final int PAGE = 1_000;

  private final Database database;
  private final ResourceTypes types;
  private final SubscriptionRows rows;
  private final Ring ring;
  private final Redaction redaction;
  private final Readership readership;
  private final ScheduledThreadPoolExecutor readers;

  Backlog(
      Database database,
      ResourceTypes types,
      SubscriptionRows rows,
      Ring ring,
      Redaction redaction,
      Readership readership) {
    this.redaction = redaction;
    this.readership = readership;
    this.database = database;
    this.types = types;
    this.rows = rows;
    this.ring = ring;
    this.readers = new ScheduledThreadPoolExecutor(READERS, new DaemonThreads("parley-backlog"));
  }

  /** Reads soon; goes on trying while the database is away. */
  void read(
      LiveSubscription subscription, long after, long upTo, int limit, Consumer<Missed> arrived) {
    try {
      readers.execute(
          () -> {
            Missed missed;
            try {
              missed = read(subscription, after, upTo, limit, subscription.row().content());
            } catch (SQLException | RuntimeException e) {
              LOG.warn("Events of Subscription/{} not read: {}", subscription.id(), e.toString());
              readers.schedule(
                  () -> read(subscription, after, upTo, limit, arrived), 1, TimeUnit.SECONDS);
              return;
            }
            arrived.accept(missed);
          });
    } catch (RejectedExecutionException e) {
      LOG.debug("The feed is closing");
    }
  }

  /** The events with numbers in (after, upTo], at most limit of them, with their texts. */
  Missed read(LiveSubscription subscription, long after, long upTo, int limit, String content)
      throws SQLException {
    LiveSubscription.State state = subscription.state();
    long from = Math.max(after, Math.max(subscription.keptAt().number(), state.segment().base()));
    Count count = state.count();
    long to = Math.min(Math.min(upTo, count.number()), from + limit);
    List<Numbered> found = recent(subscription, state, from, to);
    boolean texts = content.equals("full-resource");
    if (found != null
        && subscription.seesAll()
        && (!texts || found.stream().allMatch(n -> n.event().json != null))) {
      return new Missed(from + 1, found);
    }
    try (Connection connection = database.connection()) {
      if (found == null) {
        // What is purged while it is read would shift the numbers: then it is read once more.
        Count kept;
        do {
          kept = rows.kept(connection, subscription.row().self());
          subscription.kept(kept);
          from = Math.max(from, kept.number());
          to = Math.min(Math.min(upTo, count.number()), from + limit);
          found = logged(connection, subscription, state, from, to);
        } while (!kept.equals(rows.kept(connection, subscription.row().self())));
      }
      if (texts) {
        List<LoggedEvent> events = found.stream().map(Numbered::event).toList();
        EventTexts.load(connection, events);
        ring.weigh(events);
      }
      List<Numbered> seen =
          subscription.seesAll() ? found : withheld(connection, subscription, found);
      List<Numbered> shown = new ArrayList<>();
      for (Numbered each : seen) {
        shown.add(each.shown(connection, redaction, subscription));
      }
      return new Missed(from + 1, Numbered.own(connection, readership, subscription, shown));
    }
  }

  /** What the owner may not see any more goes out as number and time; deletes are no content. */
  private static List<Numbered> withheld(
      Connection connection, LiveSubscription subscription, List<Numbered> found)
      throws SQLException {
    long[] selfs = found.stream().mapToLong(n -> n.event().event.self()).distinct().toArray();
    Set<Long> visible = Visible.among(connection, selfs, subscription.visibleNow("r"));
    return found.stream()
        .map(n -> visible.contains(n.event().event.self()) ? n : n.withheld())
        .toList();
  }

  private List<Numbered> recent(
      LiveSubscription subscription, LiveSubscription.State state, long from, long to) {
    List<Numbered> backwards = ring.backwards(subscription, state, from);
    if (backwards == null) {
      return null;
    }
    List<Numbered> found =
        new ArrayList<>(backwards.stream().filter(n -> n.number() <= to).toList());
    Collections.reverse(found);
    return found;
  }

  private List<Numbered> logged(
      Connection connection,
      LiveSubscription subscription,
      LiveSubscription.State state,
      long from,
      long to)
      throws SQLException {
    Segment segment = state.segment();
    Count start = start(connection, subscription, segment, from);
    Position after = start.position();
    long number = start.number();
    List<Numbered> found = new ArrayList<>();
    while (number < to) {
      List<Event> page =
          EventLog.between(
              connection,
              after,
              state.count().position(),
              segment.match().type(),
              segment.match().filter().anchor(),
              PAGE);
      for (Event event : page) {
        if (subscription.covers(event, segment) && ++number > from && number <= to) {
          found.add(new Numbered(number, new LoggedEvent(event, types.name(event.type()))));
        }
      }
      if (page.size() < PAGE) {
        break;
      }
      after = page.get(page.size() - 1).position();
    }
    return found;
  }

  /** The nearest place before a number from which to count. */
  private Count start(
      Connection connection, LiveSubscription subscription, Segment segment, long number)
      throws SQLException {
    Count best = new Count(segment.base(), segment.start().floor());
    Count[] known = {
      subscription.keptAt(),
      subscription.deliveredAt(),
      rows.mark(connection, subscription.row().self(), number)
    };
    for (Count each : known) {
      if (each.number() <= number && each.number() > best.number()) {
        best = each;
      }
    }
    return best;
  }

  @Override
  public void close() {
    readers.shutdownNow();
  }
}
