// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.feed.Binding;
import dev.parley.feed.Channel;
import dev.parley.feed.Count;
import dev.parley.feed.LiveSubscription;
import dev.parley.feed.MedplumDialect;
import dev.parley.feed.Notification;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One socket: at most one text under way, short answers before notifications, the bindings in turn.
 * What was written is not yet what the client has: that is known when it answers a ping sent after.
 */
final class SocketChannel implements Channel {
  private static final Logger LOG = LoggerFactory.getLogger(SocketChannel.class);

  private static final int ANSWERS = 1_000;
  private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(25);
  private static final long MEDPLUM_HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Session session;
  private final Sockets sockets;
  private final ArrayDeque<String> answers = new ArrayDeque<>();
  private final Map<String, BoundSubscription> bound = new LinkedHashMap<>();
  private final AtomicInteger work = new AtomicInteger();
  private final Map<Binding, Count> asked = new LinkedHashMap<>();
  private boolean underWay;
  private boolean closed;
  private long startedNanos;
  private long lastNanos = System.nanoTime();
  private long heartbeatNanos = System.nanoTime();
  private long pingNumber;
  private long pingNanos;
  private boolean unanswered;

  /** When the last binding ran out, in nanoseconds; 0 while there are others, or never were any. */
  private long expiredNanos;

  SocketChannel(Session session, Sockets sockets) {
    this.session = session;
    this.sockets = sockets;
  }

  /** Whether this person opened it, or is pushed something on it. */
  synchronized boolean serves(String person) {
    return session.getUserPrincipal() instanceof Visitor visitor
            && visitor.caller().reference().equals(person)
        || bound.values().stream()
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
        expiredNanos = 0;
        bound.put(subscription.id(), subscription);
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

  private record Outgoing(String text, BoundSubscription from, Count upTo) {}

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
    Outgoing next = poll();
    if (next != null) {
      underWay = true;
      startedNanos = System.nanoTime();
    }
    return next;
  }

  private Outgoing poll() {
    String answer = answers.poll();
    if (answer != null) {
      return new Outgoing(answer, null, null);
    }
    for (BoundSubscription each : bound.values()) {
      Notification notification = each.binding.next();
      String notice = notification == null ? each.binding.notice() : null;
      if (notification == null && notice == null) {
        continue;
      }
      if (bound.size() > 1) {
        // To the end of the line, so that a busy subscription does not hold up the others.
        bound.remove(each.id());
        bound.put(each.id(), each);
      }
      return notice != null
          ? new Outgoing(notice, each, null)
          : new Outgoing(notification.text(), each, notification.upTo());
    }
    return null;
  }

  private void written(Outgoing text, SendResult result) {
    synchronized (this) {
      underWay = false;
      lastNanos = System.nanoTime();
      if (text.from() != null) {
        text.from().lastSentNanos = lastNanos;
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
    List<String> say = new ArrayList<>();
    Closing closing;
    boolean ping;
    synchronized (this) {
      if (closed) {
        return;
      }
      expire(now, say);
      heartbeats(nanos, say);
      closing = closing(nanos);
      ping = closing == null && ask(nanos);
    }
    say.forEach(this::say);
    if (closing != null) {
      close(closing);
    } else if (ping) {
      ping();
    }
  }

  private void expire(Instant now, List<String> say) {
    for (BoundSubscription each : List.copyOf(bound.values())) {
      if (each.expires != null && !now.isBefore(each.expires)) {
        bound.remove(each.id());
        sockets.feed().unbind(each.binding);
        say.add(each.binding.dialect().ended(each.binding.subscription(), "binding-expired"));
        expiredNanos = bound.isEmpty() ? System.nanoTime() : 0;
      }
    }
  }

  private void heartbeats(long nanos, List<String> say) {
    List<LiveSubscription> medplum = new ArrayList<>();
    MedplumDialect dialect = null;
    for (BoundSubscription each : bound.values()) {
      Integer seconds = each.binding.subscription().row().heartbeat();
      if (each.binding.dialect() instanceof MedplumDialect its) {
        dialect = its;
        medplum.add(each.binding.subscription());
      } else if (seconds != null
          && nanos - each.lastSentNanos >= TimeUnit.SECONDS.toNanos(seconds)) {
        each.lastSentNanos = nanos;
        String heartbeat = each.binding.heartbeat();
        if (heartbeat != null) {
          say.add(heartbeat);
        }
      }
    }
    if (dialect != null && nanos - heartbeatNanos >= MEDPLUM_HEARTBEAT_NANOS) {
      heartbeatNanos = nanos;
      say.add(dialect.heartbeats(medplum));
    }
  }

  private Closing closing(long nanos) {
    if (underWay && nanos - startedNanos > STALLED_NANOS) {
      return Closing.TOO_SLOW;
    }
    if (expiredNanos != 0 && nanos - expiredNanos > STALLED_NANOS) {
      return Closing.TOKEN;
    }
    return unanswered && nanos - pingNanos > STALLED_NANOS ? Closing.SILENT : null;
  }

  /** Whether a ping is due: something was written since the last one, or it has long been quiet. */
  private boolean ask(long nanos) {
    if (unanswered) {
      return false;
    }
    asked.clear();
    for (BoundSubscription each : bound.values()) {
      if (each.sent != null && each.sent.number() > each.binding.subscription().delivered()) {
        asked.put(each.binding, each.sent);
      }
    }
    if (asked.isEmpty() && nanos - Math.max(lastNanos, pingNanos) < QUIET_NANOS) {
      return false;
    }
    unanswered = true;
    pingNanos = nanos;
    pingNumber++;
    return true;
  }

  private void ping() {
    try {
      session.getAsyncRemote().sendPing(ByteBuffer.allocate(Long.BYTES).putLong(pingNumber).flip());
    } catch (IOException | RuntimeException e) {
      close(Closing.SILENT);
    }
  }

  /** The client has everything that was written before the ping it answers. */
  void pong(ByteBuffer data) {
    synchronized (this) {
      if (!unanswered
          || data.remaining() != Long.BYTES
          || data.getLong(data.position()) != pingNumber) {
        return;
      }
      unanswered = false;
      asked.forEach(Binding::confirm);
      asked.clear();
    }
  }

  void close(Closing why) {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      answers.clear();
    }
    sockets.close(session, why);
  }

  /** The connection is gone. */
  void gone() {
    List<BoundSubscription> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(bound.values());
      bound.clear();
      answers.clear();
    }
    left.forEach(each -> sockets.feed().unbind(each.binding));
  }

  /** Whether nothing is on its way. */
  synchronized boolean idle() {
    return closed || !underWay && answers.isEmpty();
  }
}
