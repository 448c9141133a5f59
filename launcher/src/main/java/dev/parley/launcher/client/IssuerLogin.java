// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/** Tokens for a system, from any OpenID Connect issuer that knows its id and secret. */
public final class IssuerLogin {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCOPE = "system/*.cruds";
  private final HttpClient http = Requests.client();
  private final String issuer;
  private final String id;
  private final String secret;

  public IssuerLogin(String issuer, String id, String secret) {
    this.issuer = issuer.replaceAll("/+$", "");
    this.id = id;
    this.secret = secret;
  }

  /** Fetches a token as often as one is needed. */
  public Login login() {
    return new KeptToken(this::token);
  }

  private Token token() {
    try {
      JsonNode discovery =
          json(HttpRequest.newBuilder(URI.create(issuer + "/.well-known/openid-configuration")));
      String form = "grant_type=client_credentials&scope=" + encoded(SCOPE);
      String pair = encoded(id) + ":" + encoded(secret);
      JsonNode answer =
          json(
              HttpRequest.newBuilder(URI.create(discovery.path("token_endpoint").asText()))
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .header(
                      "Authorization",
                      "Basic "
                          + Base64.getEncoder()
                              .encodeToString(pair.getBytes(StandardCharsets.UTF_8)))
                  .POST(HttpRequest.BodyPublishers.ofString(form)));
      return Token.of(answer, Instant.now());
    } catch (IOException | IllegalArgumentException e) {
      throw new PlainError(
          "the issuer %s does not answer: %s".formatted(issuer, e.getMessage()), e);
    }
  }

  private JsonNode json(HttpRequest.Builder request) throws IOException {
    HttpResponse<String> answer =
        Requests.send(http, request.timeout(Duration.ofSeconds(30)).build());
    return JSON.readTree(answer.body());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
