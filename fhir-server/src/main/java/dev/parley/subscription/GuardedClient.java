// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.thread.DaemonThreads;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Calls what subscribers name, after a look at the address that the name has now. (The JVM keeps
 * the name server's answer for some seconds, so that what was looked at is what is called.)
 */
public final class GuardedClient implements AutoCloseable {
  private final Endpoints endpoints;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(new DaemonThreads("parley-rest-hook"));

  // HTTP/1.1: the client would offer h2c on every plain request. Redirects are not followed.
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .executor(threads)
          .build();

  public GuardedClient(Endpoints endpoints) {
    this.endpoints = endpoints;
  }

  /** Whether an address may be named; where the name leads is looked at when it is called. */
  public boolean allows(String endpoint) {
    return endpoints.allowed(endpoint);
  }

  /** The answer, or a ConnectException for an address that may not be called. */
  public CompletableFuture<HttpResponse<Void>> send(HttpRequest request) {
    return CompletableFuture.runAsync(() -> look(request), threads)
        .thenCompose(looked -> client.sendAsync(request, HttpResponse.BodyHandlers.discarding()));
  }

  private void look(HttpRequest request) {
    if (!endpoints.open(request.uri())) {
      throw new CompletionException(new ConnectException("the address is not public"));
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
