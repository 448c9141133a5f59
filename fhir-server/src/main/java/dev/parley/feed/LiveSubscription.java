// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.access.Caller;
import dev.parley.access.Scopes;
import dev.parley.store.Change;
import dev.parley.store.Sql;
import dev.parley.store.Visibility;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A subscription in memory: what it matches now and how far it has counted. Only the tail's thread
 * counts; everybody may read the count.
 */
public final class LiveSubscription {
  private final CopyOnWriteArrayList<Binding> bindings = new CopyOnWriteArrayList<>();
  private final Deque<Segment> later = new ArrayDeque<>();
  private volatile SubscriptionRow row;
  private final Visibility visibility;
  private volatile State state;
  private volatile Count delivered;
  private volatile Count kept;
  private volatile Instant seen;
  private volatile boolean ended;
  private volatile String why;
  private volatile boolean confirmed;
  // The tail's thread only.
  private Position read;
  long stamp;

  LiveSubscription(
      SubscriptionRow row, List<Segment> segments, Progress progress, Visibility visibility) {
    this.row = row;
    this.visibility = visibility;
    this.delivered = progress.delivered();
    this.kept = progress.kept();
    Segment segment = null;
    for (Segment each : segments) {
      if (each.base() != null) {
        segment = each;
      } else {
        later.add(each);
      }
    }
    if (segment == null) {
      // Its former ones are gone from the table: numbers run on from what is written down.
      segment = later.remove().from(progress.count().number());
    }
    this.state = new State(segment, progress.count());
    this.read = Position.later(progress.count().position(), segment.start().floor());
  }

  /** Read together: a number means something only within its segment. */
  record State(Segment segment, Count count) {}

  /** How far a subscription has come, as its row says. */
  record Progress(Count count, Count delivered, Count kept) {}

  public SubscriptionRow row() {
    return row;
  }

  public String id() {
    return row.id();
  }

  /** Who gets the events: whose rights count. */
  public Caller owner() {
    return row.caller();
  }

  /** The type of what it is about. */
  public String type() {
    return state.segment().match().typeName();
  }

  /**
   * Whether this token lets its holder hear it: it is theirs, and they may read now what the token
   * that made it let them read. Another app of the same person may have been given less.
   */
  public boolean reachedBy(Caller caller) {
    if (!owner().is(caller)) {
      return false;
    }
    List<Scopes.Grant> now = caller.scopes().covering(type(), 'r');
    return now.stream().anyMatch(g -> !g.context().equals("patient") && g.query().isEmpty())
        || now.equals(owner().scopes().covering(type(), 'r'))
            && Objects.equals(caller.patient(), owner().patient());
  }

  /** Events since its start, whether delivered or not (B-19). */
  public long number() {
    return state.count().number();
  }

  /** The last number that a client is known to have. */
  public long delivered() {
    return delivered.number();
  }

  /** Numbers up to this one cannot be had any more: purged, or of a former filter. */
  public long lost() {
    return Math.max(kept.number(), state.segment().base());
  }

  /** Deleted, switched off, or past its end. */
  public boolean ended() {
    return ended;
  }

  Count count() {
    return state.count();
  }

  Count deliveredAt() {
    return delivered;
  }

  Count keptAt() {
    return kept;
  }

  Segment segment() {
    return state.segment();
  }

  State state() {
    return state;
  }

  Instant seen() {
    return seen;
  }

  List<Binding> bindings() {
    return bindings;
  }

  /** A client has everything up to here. */
  void confirm(Count upTo) {
    synchronized (bindings) {
      delivered = Count.later(delivered, upTo);
      confirmed = true;
    }
  }

  void seen(Instant now) {
    seen = now;
  }

  /** Whether a client confirmed something since this was last asked. */
  boolean takeConfirmed() {
    boolean was = confirmed;
    confirmed = false;
    return was;
  }

  /**
   * Nothing comes any more: tells those who are bound, also the one who is just about to.
   *
   * @param reason as in {@link Channel#ended}
   */
  void end(String reason) {
    why = reason;
    ended = true;
    bindings.forEach(this::dismiss);
  }

  /** After its end; each binding is told once. */
  void dismiss(Binding binding) {
    if (bindings.remove(binding)) {
      binding.close();
      binding.channel().ended(binding, why);
    }
  }

  void row(SubscriptionRow changed) {
    row = changed;
  }

  Position read() {
    return read;
  }

  void readUpTo(Position position) {
    read = Position.later(read, position);
  }

  /** Whether an event gets the next number. */
  boolean counts(Event event) {
    return event.position().isAfter(read) && covers(event, state.segment());
  }

  /** Whether it is one of this subscription: matched, and to be seen by its owner. */
  boolean covers(Event event, Segment segment) {
    return segment.covers(event) && sees(event, segment.match().typeName());
  }

  /** Whether its owner is one from whom nothing is hidden. */
  boolean seesAll() {
    return visibleNow("r") == Sql.TRUE;
  }

  /** What its owner may see now, over rows of {@code resource}. */
  Sql visibleNow(String alias) {
    return visibility.condition(
        owner(), Visibility.Access.READ, state.segment().match().typeName(), alias);
  }

  private boolean sees(Event event, String type) {
    long[] keys = event.kind() == Change.Kind.DELETE ? event.was() : event.keys();
    return visibility.sees(owner(), type, event.self(), keys, event.audience());
  }

  Numbered count(LoggedEvent event) {
    Position position = event.event.position();
    read = position;
    Count next = new Count(state.count().number() + 1, position);
    state = new State(state.segment(), next);
    return new Numbered(next.number(), event);
  }

  /** Events up to this number have left the log. */
  void kept(Count gone) {
    kept = Count.later(kept, gone);
  }

  void add(Segment next) {
    if (next.isAfter(state.segment())
        && later.stream().noneMatch(s -> s.made().equals(next.made()))) {
      later.add(next);
    }
  }

  /** All segments of a freshly loaded one: what another process may not have reached yet. */
  List<Segment> pending() {
    List<Segment> all = new ArrayList<>(later);
    all.add(state.segment());
    return all;
  }

  /** The segment that this event begins, or null. */
  Segment nextAt(Event event) {
    return later.stream().filter(s -> s.madeBy(event)).findFirst().orElse(null);
  }

  /** From now on this is what it matches; counting goes back to what the segment's start missed. */
  void enter(Segment next) {
    later.remove(next);
    Segment segment = next.from(state.count().number());
    state = new State(segment, state.count());
    read = segment.start().floor();
  }
}
