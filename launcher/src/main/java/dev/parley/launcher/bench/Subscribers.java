// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sockets that each have a subscription of their own to the messages for one practitioner: the
 * Backport guide's dialect, whole messages. Knows which of the messages each has got.
 */
final class Subscribers implements Sockets.Listener, AutoCloseable {
  private static final String SOCKET = "/ws/subscriptions-r4";
  private static final int AT_ONCE = 16;
  private static final byte[] MARK =
      (Texts.MARK + "\",\"value\":\"").getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EVENT = "\"event-notification\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HANDSHAKE = "\"handshake\"".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern TOKEN =
      Pattern.compile("\"name\"\\s*:\\s*\"token\"\\s*,\\s*\"valueString\"\\s*:\\s*\"([^\"]+)\"");
  private static final Pattern ID = Pattern.compile("/Subscription/([A-Za-z0-9.-]+)");

  private final URI base;
  private final String recipient;
  private final String[] ids;
  private final AtomicInteger bound = new AtomicInteger();
  private final AtomicInteger gone = new AtomicInteger();
  private volatile int lastCode;
  private Sockets sockets;
  private volatile Round round = new Round("", 0, 0);

  /**
   * Messages that are written now, and who has got them: "tag0", "tag1", ... are their tags.
   *
   * @param sent when each was about to be written, 0 for those that were not answered 201
   */
  static final class Round {
    private final byte[] tag;
    final long[] sent;
    private final BitSet[] seen;
    final Samples delays = new Samples();
    final long[] last;
    volatile int delivered;
    int repeated;
    long bytes;
    volatile long firstAt;
    volatile long lastAt;

    Round(String tag, int messages, int sockets) {
      this.tag = tag.getBytes(StandardCharsets.US_ASCII);
      this.sent = new long[messages];
      this.last = new long[messages];
      this.seen = new BitSet[sockets];
      Arrays.setAll(seen, i -> new BitSet(messages));
    }

    private void got(int socket, int message, long now) {
      if (seen[socket].get(message)) {
        repeated++;
        return;
      }
      seen[socket].set(message);
      delays.add(now - sent[message]);
      last[message] = now - sent[message];
      if (firstAt == 0) {
        firstAt = now;
      }
      lastAt = now;
      delivered++;
    }

    /** How many are missing of the messages that were answered 201. */
    int lost() {
      int lost = 0;
      for (BitSet got : seen) {
        for (int i = 0; i < sent.length; i++) {
          lost += sent[i] != 0 && !got.get(i) ? 1 : 0;
        }
      }
      return lost;
    }
  }

  Subscribers(URI base, String recipient, int count) {
    this.base = base;
    this.recipient = recipient;
    this.ids = new String[count];
  }

  /** Writes the subscriptions. */
  void subscribe() throws IOException {
    String text =
        """
        {"resourceType":"Subscription","status":"requested","reason":"bench","criteria":"Communication?recipient=%s",\
        "channel":{"type":"websocket","payload":"application/fhir+json","_payload":{"extension":[{\
        "url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content",\
        "valueCode":"full-resource"}]}}}"""
            .formatted(recipient);
    each(
        (wire, i) -> {
          Wire.Reply reply = wire.send("POST", "Subscription", text);
          Matcher id = ID.matcher(String.valueOf(reply.location()));
          if (reply.status() != 201 || !id.find()) {
            throw new IOException(
                "a Subscription was answered " + reply.status() + " " + reply.body());
          }
          ids[i] = id.group(1);
        });
  }

  /** Opens the sockets and binds them; waits until each has had its handshake. */
  void bind() throws IOException {
    bound.set(0);
    gone.set(0);
    sockets = new Sockets(base, SOCKET, this);
    each((wire, i) -> sockets.open(i, "bind-with-token: " + token(wire, ids[i])));
    if (!waitFor(() -> bound.get() >= ids.length, 60)) {
      throw new IOException("%d of %d sockets were bound".formatted(bound.get(), ids.length));
    }
  }

  private String token(Wire wire, String id) throws IOException {
    Wire.Reply reply = null;
    // A Subscription may take a moment to be active.
    for (int attempt = 0; attempt < 100; attempt++) {
      reply = wire.get("Subscription/" + id + "/$get-ws-binding-token");
      Matcher token = TOKEN.matcher(reply.body());
      if (reply.status() == 200 && token.find()) {
        return token.group(1);
      }
      pause(50);
    }
    throw new IOException("no token: " + reply.status() + " " + reply.body());
  }

  /** Whether all of a round's frames have come, after so many seconds at the most. */
  boolean complete(Round round, int expected, double seconds) {
    return waitFor(() -> round.delivered >= expected, seconds);
  }

  private static boolean waitFor(java.util.function.BooleanSupplier condition, double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      pause(5);
    }
    return true;
  }

  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  Round round(String tag, int messages) {
    round = new Round(tag, messages, ids.length);
    return round;
  }

  int count() {
    return ids.length;
  }

  /** How many sockets the server has closed since they were bound. */
  int gone() {
    return gone.get();
  }

  /** The code of the last close, 0 for a connection that was cut; null if there was none. */
  Integer closeCode() {
    return gone.get() == 0 ? null : Integer.valueOf(lastCode);
  }

  /** Drops the sockets; the subscriptions stay. */
  void drop() {
    if (sockets != null) {
      sockets.close();
      sockets = null;
    }
  }

  @Override
  public void frame(int socket, byte[] bytes, int from, int length, long now) {
    int to = from + length;
    if (find(bytes, from, Math.min(to, from + 1_500), EVENT) < 0) {
      if (find(bytes, from, Math.min(to, from + 1_500), HANDSHAKE) >= 0) {
        bound.incrementAndGet();
      }
      return;
    }
    Round current = round;
    current.bytes += length;
    // A frame may hold several messages.
    for (int at = find(bytes, from, to, MARK); at >= 0; at = find(bytes, at, to, MARK)) {
      at += MARK.length;
      if (Arrays.equals(bytes, at, at + current.tag.length, current.tag, 0, current.tag.length)) {
        int number = 0;
        for (int i = at + current.tag.length; bytes[i] != '"'; i++) {
          number = number * 10 + bytes[i] - '0';
        }
        current.got(socket, number, now);
      }
    }
  }

  private static int find(byte[] bytes, int from, int to, byte[] what) {
    byte first = what[0];
    byte last = what[what.length - 1];
    for (int i = from; i <= to - what.length; i++) {
      if (bytes[i] == first
          && bytes[i + what.length - 1] == last
          && Arrays.equals(bytes, i, i + what.length, what, 0, what.length)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public void closed(int socket, int code) {
    gone.incrementAndGet();
    lastCode = code;
  }

  /** Drops the sockets and deletes the subscriptions. */
  @Override
  public void close() throws IOException {
    drop();
    each(
        (wire, i) -> {
          if (ids[i] != null) {
            wire.send("DELETE", "Subscription/" + ids[i], null);
          }
        });
  }

  private interface Step {
    void on(Wire wire, int number) throws IOException;
  }

  /** Does something for each socket, some at once. */
  private void each(Step step) throws IOException {
    AtomicInteger next = new AtomicInteger();
    ExecutorService crew = Executors.newFixedThreadPool(Math.min(AT_ONCE, ids.length));
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < Math.min(AT_ONCE, ids.length); i++) {
        parts.add(
            crew.submit(
                () -> {
                  try (Wire wire = new Wire(base)) {
                    for (int n = next.getAndIncrement();
                        n < ids.length;
                        n = next.getAndIncrement()) {
                      step.on(wire, n);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      crew.shutdownNow();
    }
  }
}
