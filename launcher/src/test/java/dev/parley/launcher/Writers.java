// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher;

import dev.parley.launcher.client.Login;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Clients that post messages as fast as they can, and remember which were acknowledged. */
final class Writers implements AutoCloseable {
  private static final int CLIENTS = 4;
  private static final String MESSAGE =
      """
      {"resourceType":"Communication","status":"completed",
       "sender":{"reference":"Practitioner/writer"},"recipient":[{"reference":"Practitioner/reader"}],
       "payload":[{"contentString":"kept"}]}""";
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  /** Puts the two practitioners there. */
  static void prepare(String base) throws IOException, InterruptedException {
    HttpClient client = HttpClient.newHttpClient();
    for (String id : List.of("writer", "reader")) {
      String body = "{\"resourceType\":\"Practitioner\",\"id\":\"" + id + "\"}";
      HttpRequest put =
          request(base + "/Practitioner/" + id, Login.local(base, "system").get())
              .PUT(HttpRequest.BodyPublishers.ofString(body))
              .build();
      int status = client.send(put, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status >= 300) {
        throw new AssertionError("status " + status);
      }
    }
  }

  static Writers start(String base) {
    Writers writers = new Writers();
    String token = Login.local(base, "system").get();
    for (int i = 0; i < CLIENTS; i++) {
      Thread thread = new Thread(() -> writers.write(base, token), "writer-" + i);
      writers.threads.add(thread);
      thread.start();
    }
    return writers;
  }

  private void write(String base, String token) {
    HttpRequest post =
        request(base + "/Communication", token)
            .POST(HttpRequest.BodyPublishers.ofString(MESSAGE))
            .build();
    while (!stopped) {
      try {
        HttpResponse<Void> answer = client.send(post, HttpResponse.BodyHandlers.discarding());
        if (answer.statusCode() == 201) {
          String location = answer.headers().firstValue("Location").orElseThrow();
          acknowledged.add(location.replaceAll(".*/([^/]+)/_history/.*", "$1"));
        }
      } catch (IOException e) {
        // The server is being killed: what was not acknowledged is not counted.
        Thread.onSpinWait();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static HttpRequest.Builder request(String address, String token) {
    return HttpRequest.newBuilder(URI.create(address))
        .timeout(Duration.ofSeconds(30))
        .header("Content-Type", "application/fhir+json")
        .header("Authorization", "Bearer " + token);
  }

  int count() {
    return acknowledged.size();
  }

  /** Stops writing; the ids of what the server has answered 201. */
  Set<String> stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    return acknowledged;
  }

  @Override
  public void close() throws InterruptedException {
    stop();
  }
}
