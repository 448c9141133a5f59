// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * One subscription on one channel, and where that channel's client stands. What was missed comes
 * from the log, what is new from the tail; the numbers are the seam: whatever is not the next
 * number is a repeat, and dropped, or a gap, and read. A client that is too slow costs a number,
 * not memory.
 */
public final class Binding {
  private static final int QUEUE = 256;
  private static final long QUEUE_CHARACTERS = 4_000_000;
  private static final int PAGE = 25;
  private static final int UNCONFIRMED = 1_000;

  private final LiveSubscription subscription;
  private final Channel channel;
  private final Dialect dialect;
  private final Backlog backlog;
  private final Feed feed;
  private final ArrayDeque<Numbered> missed = new ArrayDeque<>();
  private final ArrayDeque<Numbered> fresh = new ArrayDeque<>();
  // Messages that went out whole, and whose arrival no pong has told yet.
  private final ArrayDeque<Numbered> unconfirmed = new ArrayDeque<>();
  private long sent;
  private long gapUntil;
  private boolean behind;
  private boolean reading;
  private boolean closed;
  private String notice;
  private Carry carry;

  Binding(LiveSubscription subscription, Channel channel, Dialect dialect, Feed feed, long after) {
    this.subscription = subscription;
    this.channel = channel;
    this.dialect = dialect;
    this.feed = feed;
    this.backlog = feed.backlog();
    this.sent = after;
  }

  public LiveSubscription subscription() {
    return subscription;
  }

  public Dialect dialect() {
    return dialect;
  }

  Channel channel() {
    return channel;
  }

  /** After it was registered with the subscription: whatever was counted before is read. */
  synchronized void join() {
    gapUntil = subscription.number();
    // A number from another life of the subscription, or a guess: it has missed nothing yet.
    sent = Math.min(sent, gapUntil);
  }

  /** A new event; called by the tail's thread in the order of numbers. */
  synchronized void offer(Numbered event) {
    if (behind || closed || event.number() <= sent) {
      return;
    }
    if (fresh.size() >= QUEUE || waiting() > QUEUE_CHARACTERS) {
      lag();
    } else {
      fresh.add(event);
    }
  }

  private long waiting() {
    long characters = 0;
    for (Numbered each : fresh) {
      characters += each.event().length();
    }
    return characters;
  }

  /** Whether its subscription has ended, or its channel has left. */
  public synchronized boolean closed() {
    return closed;
  }

  /** Forgets what waits: it will be read from the log. */
  synchronized void lag() {
    fresh.clear();
    behind = true;
  }

  synchronized void close() {
    closed = true;
    unconfirmed.clear();
    fresh.clear();
    missed.clear();
  }

  /** The handshake of this dialect: the first thing that the client hears. */
  public String handshake() {
    return dialect.handshake(subscription);
  }

  /** A sign of life, to be sent when nothing else was for the heartbeat period. */
  public String heartbeat() {
    return dialect.heartbeat(subscription);
  }

  /** The client is known to have everything up to here. */
  public void confirm(Count upTo) {
    subscription.confirm(upTo);
    List<Numbered> arrived = new ArrayList<>();
    synchronized (this) {
      while (!unconfirmed.isEmpty() && unconfirmed.peek().number() <= upTo.number()) {
        arrived.add(unconfirmed.poll());
      }
    }
    arrived.forEach(each -> feed.got(subscription.owner(), each.event().event.self()));
  }

  /** Before its own events, what an abandoned subscription of this client missed. */
  public synchronized void continueFrom(LiveSubscription old, long after) {
    carry = feed.carry(old, after, subscription.segment().start());
  }

  /**
   * What to send next; null if there is nothing, or nothing yet: then the channel is woken later.
   */
  public Notification next() {
    if (!feed.isWrittenDown(subscription)) {
      // The channel is woken when it is.
      return null;
    }
    Notification carried = carried();
    if (carried != null) {
      return carried;
    }
    List<Numbered> events = take();
    if (events.isEmpty()) {
      return null;
    }
    feed.sends(subscription, events);
    Numbered last = events.get(events.size() - 1);
    return new Notification(
        dialect.notification(subscription, events),
        new Count(last.number(), last.event().event.position()),
        last);
  }

  /** A word about events that cannot be had any more; null if there is none. */
  public synchronized String notice() {
    String text = notice;
    notice = null;
    return text;
  }

  private synchronized List<Numbered> take() {
    List<Numbered> events = new ArrayList<>(1);
    if (closed || notice != null || carry != null) {
      return events;
    }
    if (feed.holdsBack()) {
      feed.soon(channel::wake);
      return events;
    }
    int most = subscription.row().maxCount();
    while (events.size() < most) {
      Numbered next = first();
      if (next == null) {
        break;
      }
      if (next.number() != sent + 1) {
        gapUntil = next.number() - 1;
        break;
      }
      (missed.isEmpty() ? fresh : missed).poll();
      sent = next.number();
      awaitArrival(next);
      events.add(next);
    }
    if (events.isEmpty()) {
      catchUp();
    }
    return events;
  }

  /** Only who got the whole text of a message has it. */
  private void awaitArrival(Numbered event) {
    if (event.isWholeMessage()
        && !subscription.owner().isSystem()
        && subscription.row().content().equals("full-resource")
        && !(dialect instanceof ClassicDialect)
        && unconfirmed.size() < UNCONFIRMED) {
      unconfirmed.add(event);
    }
  }

  /** Without a number of this subscription, and so never confirmed for it. */
  private synchronized Notification carried() {
    if (carry == null || closed) {
      return null;
    }
    Numbered event = carry.poll();
    if (event != null && dialect instanceof MedplumDialect medplum) {
      feed.sends(subscription, event.event());
      return new Notification(medplum.notification(subscription, event), Count.NONE, event);
    }
    long next = reading ? -1 : carry.next();
    if (carry.done()) {
      carry = null;
    } else if (next >= 0) {
      reading = true;
      backlog.read(carry.old(), next, Long.MAX_VALUE, PAGE, page -> carried(page, next));
    } else if (!reading) {
      feed.soon(channel::wake);
    }
    return null;
  }

  private void carried(Missed page, long asked) {
    synchronized (this) {
      reading = false;
      if (carry != null) {
        carry.arrived(page, asked);
      }
    }
    channel.wake();
  }

  private Numbered first() {
    drop(missed);
    drop(fresh);
    return missed.isEmpty() ? fresh.peek() : missed.peek();
  }

  private void drop(ArrayDeque<Numbered> queue) {
    while (!queue.isEmpty() && queue.peek().number() <= sent) {
      queue.poll();
    }
  }

  private void catchUp() {
    if (behind && missed.isEmpty() && fresh.isEmpty() && !reading) {
      // From here on the tail's events are taken again; what it counted before is read.
      behind = false;
      gapUntil = subscription.number();
    }
    if (sent < gapUntil && !reading) {
      reading = true;
      backlog.read(subscription, sent, gapUntil, PAGE, this::arrived);
    }
  }

  /** A page of what was missed; empty if it could not be read, then it is tried again. */
  private void arrived(Missed page) {
    synchronized (this) {
      reading = false;
      if (closed) {
        return;
      }
      if (page.from() > sent + 1) {
        notice = dialect.lost(subscription, sent + 1, page.from());
        sent = page.from() - 1;
      }
      if (page.events().isEmpty() && sent < gapUntil) {
        notice = dialect.lost(subscription, sent + 1, gapUntil + 1);
        sent = gapUntil;
      }
      missed.addAll(page.events());
    }
    channel.wake();
  }
}
