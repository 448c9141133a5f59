// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.feed.Binding;
import dev.parley.feed.Count;
import dev.parley.feed.LiveSubscription;
import dev.parley.feed.MedplumDialect;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The signs of life of a socket, in both directions; guarded by its channel. What was written is
 * not yet what the client has: that is known when it answers a ping sent after.
 */
final class Pulse {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(25);
  private static final long MEDPLUM_HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Map<Binding, Count> asked = new LinkedHashMap<>();
  private long wroteNanos = System.nanoTime();
  private long heartbeatNanos = System.nanoTime();
  private long pingNumber;
  private long pingNanos;
  private boolean unanswered;

  void wrote(long nanos) {
    wroteNanos = nanos;
  }

  /** What is due to be said to a client that hears nothing else. */
  List<String> heartbeats(long nanos, Collection<BoundSubscription> bound) {
    List<String> say = new ArrayList<>();
    List<LiveSubscription> medplum = new ArrayList<>();
    MedplumDialect dialect = null;
    for (BoundSubscription each : bound) {
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
    return say;
  }

  /** Whether the last ping has waited too long for its answer. */
  boolean silent(long nanos) {
    return unanswered && nanos - pingNanos > PATIENCE_NANOS;
  }

  /**
   * The ping that is due, because something was written since the last one or it has long been
   * quiet; null if none is.
   */
  ByteBuffer ping(long nanos, Collection<BoundSubscription> bound) {
    if (unanswered) {
      return null;
    }
    asked.clear();
    for (BoundSubscription each : bound) {
      if (each.sent != null && each.sent.number() > each.binding.subscription().delivered()) {
        asked.put(each.binding, each.sent);
      }
    }
    if (asked.isEmpty() && nanos - Math.max(wroteNanos, pingNanos) < QUIET_NANOS) {
      return null;
    }
    unanswered = true;
    pingNanos = nanos;
    pingNumber++;
    return ByteBuffer.allocate(Long.BYTES).putLong(pingNumber).flip();
  }

  /** The client has everything that was written before the ping that it answers. */
  void pong(ByteBuffer data) {
    if (unanswered
        && data.remaining() == Long.BYTES
        && data.getLong(data.position()) == pingNumber) {
      unanswered = false;
      asked.forEach(Binding::confirm);
      asked.clear();
    }
  }
}
