// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.jetty.server.handler.CrossOriginHandler;

/** Which web pages of other origins may call the API, and what they may send and see. */
final class Origins {
  private static final Set<String> SENT =
      Set.of(
          "Accept",
          "Authorization",
          "Content-Type",
          "If-Match",
          "If-Modified-Since",
          "If-None-Exist",
          "If-None-Match",
          "Origin",
          "Prefer",
          "X-Correlation-Id",
          "X-Purpose-Of-Use",
          "X-Request-Id");
  private static final Set<String> SEEN =
      Set.of(
          "Content-Location",
          "ETag",
          "Last-Modified",
          "Location",
          "Retry-After",
          "WWW-Authenticate",
          "X-Correlation-Id",
          "X-Progress",
          "X-Request-Id");

  private Origins() {}

  /**
   * The handler that answers for these origins; empty for none.
   *
   * @param origins with commas between; * means all
   */
  static Optional<CrossOriginHandler> of(String origins) {
    if (origins.isBlank()) {
      return Optional.empty();
    }
    CrossOriginHandler handler = new CrossOriginHandler();
    handler.setAllowedOriginPatterns(
        Arrays.stream(origins.split(","))
            .map(String::strip)
            .map(origin -> origin.equals("*") ? "*" : Pattern.quote(origin))
            .collect(Collectors.toSet()));
    handler.setAllowedMethods(Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"));
    handler.setAllowedHeaders(SENT);
    handler.setExposedHeaders(SEEN);
    handler.setAllowCredentials(false);
    return Optional.of(handler);
  }
}
