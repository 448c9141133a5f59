// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.launcher.terminal.PlainError;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** Requests to a FHIR server, and its refusals in one line. */
public final class FhirClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpClient http;
  private final String base;
  private final Login login;

  /**
   * @param address a FHIR base, or just where Parley listens ("http://localhost:8080")
   */
  public FhirClient(String address, Login login) {
    this.login = login;
    String trimmed = address.replaceAll("/+$", "");
    boolean bare = trimmed.matches("https?://[^/]+");
    this.base = bare ? trimmed + "/fhir/R4" : trimmed;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
  }

  public String base() {
    return base;
  }

  public HttpClient http() {
    return http;
  }

  /** Reads below the base. */
  public JsonNode get(String path) {
    return json(send(path, HttpRequest.Builder::GET));
  }

  /** Posts FHIR JSON below the base; an empty path is the base itself. */
  public JsonNode post(String path, String body) {
    return json(send(path, r -> r.POST(HttpRequest.BodyPublishers.ofString(body))));
  }

  public void delete(String path) {
    send(path, HttpRequest.Builder::DELETE);
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address(path))
            .timeout(Duration.ofMinutes(5))
            .header("Content-Type", "application/fhir+json")
            .header("Accept", "application/fhir+json");
    String token = login.get();
    return token == null ? request : request.header("Authorization", "Bearer " + token);
  }

  private URI address(String path) {
    try {
      return URI.create(path.isEmpty() ? base : base + "/" + path);
    } catch (IllegalArgumentException e) {
      throw new PlainError(base + " is not an address; give --url http://host:port", e);
    }
  }

  /** A login that was left alone too long is over before its token: then it is made anew. */
  private String send(String path, UnaryOperator<HttpRequest.Builder> method) {
    HttpResponse<String> response = send(method.apply(request(path)).build());
    if (response.statusCode() == 401 && login.renew()) {
      response = send(method.apply(request(path)).build());
    }
    if (response.statusCode() >= 300) {
      throw new Refused(response.statusCode(), reason(response));
    }
    return response.body();
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new PlainError(
          "no answer from %s; is ./parley up running there? (%s)"
              .formatted(
                  base, e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PlainError("interrupted", e);
    }
  }

  private static String reason(HttpResponse<String> response) {
    try {
      JsonNode issue = JSON.readTree(response.body()).at("/issue/0");
      String text = issue.at("/details/text").asText(issue.at("/diagnostics").asText());
      return text.isEmpty() ? issue.at("/code").asText() : text;
    } catch (JsonProcessingException e) {
      return "";
    }
  }

  private static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new PlainError("the answer is not JSON; is this a FHIR server?", e);
    }
  }
}
