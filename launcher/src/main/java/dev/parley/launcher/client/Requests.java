// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** HTTP for whoever fetches tokens. */
final class Requests {
  private Requests() {}

  static HttpClient client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(10))
        .build();
  }

  /**
   * @throws IOException if nothing answers
   */
  static HttpResponse<String> send(HttpClient http, HttpRequest request) throws IOException {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PlainError("interrupted", e);
    }
  }
}
