// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.access.Caller;
import dev.parley.feed.Binding;
import dev.parley.feed.Channel;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One socket: at most one text under way, short answers before notifications, the bindings in turn.
 */
final class SocketChannel implements Channel {
  private static final Logger LOG = LoggerFactory.getLogger(SocketChannel.class);

  private static final int ANSWERS = 1_000;

  /** Ephemeral texts that wait; they are the first to be dropped. */
  private static final int HINTS = 20;

  private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Session session;
  private final Sockets sockets;
  private final ArrayDeque<String> answers = new ArrayDeque<>();
  private final ArrayDeque<String> hints = new ArrayDeque<>();
  private final BoundSubscriptions bound = new BoundSubscriptions();
  private final Pulse pulse = new Pulse();
  private final AtomicInteger work = new AtomicInteger();
  private boolean underWay;
  private boolean closed;
  private long startedNanos;

  SocketChannel(Session session, Sockets sockets) {
    this.session = session;
    this.sockets = sockets;
  }

  /** Whether this person opened it, or is pushed something on it. */
  synchronized boolean serves(String person) {
    return session.getUserPrincipal() instanceof Visitor visitor
            && visitor.caller().reference().equals(person)
        || bound.all().stream()
            .anyMatch(each -> each.binding.subscription().owner().reference().equals(person));
  }

  /** A short text of its own: an answer, a handshake, a notice. */
  void say(String text) {
    boolean tooMany;
    synchronized (this) {
      tooMany = answers.size() >= ANSWERS;
      if (!closed && !tooMany) {
        answers.add(text);
      }
    }
    if (tooMany) {
      close(Closing.TOO_MUCH);
    } else {
      wake();
    }
  }

  /**
   * A text that may be lost, sent when nothing else is waiting.
   *
   * @return false if it was dropped
   */
  boolean hint(String text) {
    synchronized (this) {
      if (closed || hints.size() >= HINTS) {
        return false;
      }
      hints.add(text);
    }
    wake();
    return true;
  }

  /** Who opened it, or is pushed something on it; null for nobody who reads messages. */
  synchronized Caller person() {
    Caller opened = session.getUserPrincipal() instanceof Visitor visitor ? visitor.caller() : null;
    if (reads(opened)) {
      return opened;
    }
    return bound.all().stream()
        .map(each -> each.binding.subscription().owner())
        .filter(SocketChannel::reads)
        .findFirst()
        .orElse(null);
  }

  private static boolean reads(Caller caller) {
    return caller != null && !caller.isSystem() && caller.scopes().allows("Communication", 'r');
  }

  synchronized BoundSubscription bound(String id) {
    return bound.get(id);
  }

  synchronized int boundCount() {
    return bound.size();
  }

  /** Adds a binding whose handshake has been said already. */
  void add(BoundSubscription subscription) {
    boolean late;
    synchronized (this) {
      late = closed;
      if (!late && !subscription.binding.closed()) {
        bound.add(subscription);
      }
    }
    if (late) {
      sockets.feed().unbind(subscription.binding);
    } else {
      wake();
    }
  }

  void remove(String id) {
    BoundSubscription gone;
    synchronized (this) {
      gone = bound.remove(id);
    }
    if (gone != null) {
      sockets.feed().unbind(gone.binding);
    }
  }

  @Override
  public void ended(Binding binding, String why) {
    synchronized (this) {
      bound.remove(binding.subscription().id());
    }
    if (why == null) {
      close(Closing.AGAIN);
    } else {
      say(binding.dialect().ended(binding.subscription(), why));
    }
  }

  /** Never recursive and never twice at a time: who comes second leaves a note for the first. */
  @Override
  public void wake() {
    if (work.getAndIncrement() != 0) {
      return;
    }
    int done = 1;
    do {
      step();
      done = work.addAndGet(-done);
    } while (done != 0);
  }

  private void step() {
    Outgoing next;
    try {
      next = take();
    } catch (RuntimeException e) {
      // Left alone the socket would be silent for good: its client comes back and binds again.
      LOG.error("A frame cannot be made; the socket is closed", e);
      close(Closing.AGAIN);
      return;
    }
    if (next == null) {
      return;
    }
    try {
      session.getAsyncRemote().sendText(next.text(), result -> written(next, result));
    } catch (RuntimeException e) {
      // Closed under our hands: onClose follows and clears up.
      synchronized (this) {
        closed = true;
      }
    }
  }

  /** What to send now; it is under way then. */
  private synchronized Outgoing take() {
    if (underWay || closed) {
      return null;
    }
    String answer = answers.poll();
    Outgoing next = answer == null ? bound.next() : new Outgoing(answer, null, null);
    if (next == null && !hints.isEmpty()) {
      next = new Outgoing(hints.poll(), null, null);
    }
    if (next != null) {
      underWay = true;
      startedNanos = System.nanoTime();
    }
    return next;
  }

  private void written(Outgoing text, SendResult result) {
    synchronized (this) {
      underWay = false;
      long nanos = System.nanoTime();
      pulse.wrote(nanos);
      if (text.from() != null) {
        text.from().lastSentNanos = nanos;
        if (text.upTo() != null && result.isOK()) {
          text.from().sent = text.upTo();
        }
      }
      closed |= !result.isOK();
    }
    sockets.sent(text.text().length());
    wake();
  }

  /** Once a second: heartbeats, expired tokens, pings, clients that do not read. */
  void tick(long nanos, Instant now) {
    List<BoundSubscription> expired;
    List<String> say;
    Closing closing;
    ByteBuffer ping;
    synchronized (this) {
      if (closed) {
        return;
      }
      expired = bound.expire(now, nanos);
      say = pulse.heartbeats(nanos, bound.all());
      closing = closing(nanos);
      ping = closing == null ? pulse.ping(nanos, bound.all()) : null;
    }
    expired.forEach(this::expire);
    say.forEach(this::say);
    if (closing != null) {
      close(closing);
    } else if (ping != null) {
      ping(ping);
    }
  }

  private void expire(BoundSubscription gone) {
    sockets.feed().unbind(gone.binding);
    say(gone.binding.dialect().ended(gone.binding.subscription(), "binding-expired"));
  }

  private Closing closing(long nanos) {
    if (underWay && nanos - startedNanos > STALLED_NANOS) {
      return Closing.TOO_SLOW;
    }
    if (bound.ranOut(nanos - STALLED_NANOS)) {
      return Closing.TOKEN;
    }
    return pulse.silent(nanos) ? Closing.SILENT : null;
  }

  private void ping(ByteBuffer data) {
    try {
      session.getAsyncRemote().sendPing(data);
    } catch (IOException | RuntimeException e) {
      close(Closing.SILENT);
    }
  }

  synchronized void pong(ByteBuffer data) {
    pulse.pong(data);
  }

  void close(Closing why) {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      answers.clear();
      hints.clear();
    }
    sockets.close(session, why);
  }

  /** The connection is gone. */
  void gone() {
    List<BoundSubscription> left;
    synchronized (this) {
      closed = true;
      left = bound.clear();
      answers.clear();
      hints.clear();
    }
    left.forEach(each -> sockets.feed().unbind(each.binding));
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Whether nothing is on its way. */
  synchronized boolean idle() {
    return closed || !underWay && answers.isEmpty();
  }
}
