// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.launcher.terminal.PlainError;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One Subscription followed over the socket: bound by token, bound again after every break with the
 * last number that came, so that each event is handed on once and in order.
 */
public final class LiveFeed implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PING_SECONDS = 15;
  private final FhirClient client;
  private final Consumer<String> trouble;
  private final String id;
  private long last;

  /** Hands on one event; false ends the feed. */
  public interface Listener {
    boolean on(JsonNode frame, Notice.Event event);
  }

  private LiveFeed(FhirClient client, String id, Consumer<String> trouble) {
    this.client = client;
    this.id = id;
    this.trouble = trouble;
  }

  /** Creates the Subscription. */
  public static LiveFeed open(FhirClient client, Watch watch, Consumer<String> trouble) {
    return new LiveFeed(
        client, client.post("Subscription", watch.subscription()).path("id").asText(), trouble);
  }

  public String subscription() {
    return "Subscription/" + id;
  }

  /**
   * Follows until the listener has enough.
   *
   * @param bound called each time the server has confirmed the binding
   */
  public void follow(Runnable bound, Listener listener) throws InterruptedException {
    for (int failures = 0; ; failures++) {
      try {
        if (!connection(bound, listener)) {
          return;
        }
        failures = 0;
      } catch (PlainError e) {
        if (last == 0 && failures == 0) {
          throw e;
        }
        trouble.accept(e.getMessage());
      }
      TimeUnit.SECONDS.sleep(Math.min(10, failures + 1));
    }
  }

  /** One life of the socket; false if the listener has enough. */
  private boolean connection(Runnable bound, Listener listener) throws InterruptedException {
    Parameters token = Parameters.of(client.get(subscription() + "/$get-ws-binding-token"));
    LinkedBlockingQueue<Frames.Frame> frames = new LinkedBlockingQueue<>();
    WebSocket socket = connect(token.get("websocket-url"), frames);
    try {
      socket.sendText(
          "bind-with-token %s; last-event=%d".formatted(token.get("token"), last), true);
      boolean pinged = false;
      while (true) {
        Frames.Frame frame = frames.poll(PING_SECONDS, TimeUnit.SECONDS);
        if (frame == null) {
          if (pinged) {
            trouble.accept("the server is silent; connecting again");
            return true;
          }
          socket.sendPing(ByteBuffer.allocate(0));
          pinged = true;
        } else if (frame.end()) {
          trouble.accept("the socket was closed (%s); connecting again".formatted(frame.text()));
          return true;
        } else if (frame.text() != null) {
          pinged = false;
          if (!read(json(frame.text()), bound, listener)) {
            return false;
          }
        } else {
          pinged = false;
        }
      }
    } finally {
      socket.abort();
    }
  }

  private boolean read(JsonNode frame, Runnable bound, Listener listener) {
    Notice notice = Notice.of(frame);
    if (notice.error() != null) {
      trouble.accept(notice.error());
    }
    if (notice.type().equals("handshake")) {
      bound.run();
    }
    return hand(frame, notice, listener);
  }

  private boolean hand(JsonNode frame, Notice notice, Listener listener) {
    for (Notice.Event event : notice.events()) {
      if (event.number() > 0 && event.number() <= last) {
        continue;
      }
      last = Math.max(last, event.number());
      if (!listener.on(frame, event)) {
        return false;
      }
    }
    return true;
  }

  private WebSocket connect(String address, LinkedBlockingQueue<Frames.Frame> frames) {
    try {
      return client
          .http()
          .newWebSocketBuilder()
          .buildAsync(URI.create(address), new Frames(frames))
          .join();
    } catch (CompletionException | IllegalArgumentException e) {
      throw new PlainError("no socket at %s: %s".formatted(address, e.getCause()), e);
    }
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new PlainError("the server sent a frame that is not JSON", e);
    }
  }

  /** Takes the Subscription away: nobody else follows it. */
  @Override
  public void close() {
    client.delete(subscription());
  }
}
