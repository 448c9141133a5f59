// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A client of the socket that remembers what it hears. */
final class TestSocket implements AutoCloseable {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> texts = Collections.synchronizedList(new ArrayList<>());
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final StringBuilder part = new StringBuilder();
  private final WebSocket socket;
  private volatile boolean reading = true;

  private TestSocket(String url, String... headers) {
    WebSocket.Builder builder = CLIENT.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    socket = builder.buildAsync(URI.create(url), new Listener()).join();
  }

  static TestSocket open(String base, String... headers) {
    return new TestSocket(url(base), headers);
  }

  static String url(String fhirBase) {
    return fhirBase.replaceFirst("^http", "ws").replace("/fhir/R4", "/ws/subscriptions-r4");
  }

  TestSocket send(String text) {
    socket.sendText(text, true).join();
    return this;
  }

  List<String> texts() {
    synchronized (texts) {
      return List.copyOf(texts);
    }
  }

  /** Waits for so many texts and gives the last of them. */
  JsonNode text(int count) {
    await().atMost(Duration.ofSeconds(15)).until(() -> texts.size() >= count);
    return json(texts.get(count - 1));
  }

  String plain(int count) {
    await().atMost(Duration.ofSeconds(15)).until(() -> texts.size() >= count);
    return texts.get(count - 1);
  }

  /** Numbers of the events heard so far, in order. */
  List<Long> numbers() {
    List<Long> numbers = new ArrayList<>();
    for (String each : texts()) {
      if (each.startsWith("{")) {
        json(each)
            .findValues("notificationEvent")
            .forEach(e -> e.forEach(n -> numbers.add(n.path("eventNumber").asLong())));
        for (JsonNode parameter : json(each).at("/entry/0/resource/parameter")) {
          if (parameter.path("name").asText().equals("notification-event")) {
            numbers.add(parameter.at("/part/0/valueString").asLong());
          }
        }
      }
    }
    return numbers;
  }

  /** What the messages heard so far say, in order. */
  List<String> contents() {
    List<String> contents = new ArrayList<>();
    texts().stream()
        .filter(t -> t.startsWith("{"))
        .forEach(t -> json(t).findValues("contentString").forEach(c -> contents.add(c.asText())));
    return contents;
  }

  int closeCode() {
    await().atMost(Duration.ofSeconds(15)).until(closed::isDone);
    return closed.join();
  }

  /** Cuts the connection, without a word. */
  void cut() {
    socket.abort();
  }

  void stopReading() {
    reading = false;
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  @Override
  public void close() {
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
  }

  private final class Listener implements WebSocket.Listener {
    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        texts.add(part.toString());
        part.setLength(0);
      }
      if (reading) {
        webSocket.request(1);
      }
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      closed.complete(1006);
    }
  }
}
