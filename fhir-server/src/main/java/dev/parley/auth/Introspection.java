// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/** Asks the issuer what an opaque token means (RFC 7662, E-29, E-30). No answer means no. */
final class Introspection {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final URI endpoint;
  private final String authorization;

  Introspection(Config config) {
    this.endpoint = URI.create(config.text(Setting.PARLEY_INTROSPECTION_URL));
    String pair =
        encoded(config.text(Setting.PARLEY_INTROSPECTION_CLIENT))
            + ":"
            + encoded(config.text(Setting.PARLEY_INTROSPECTION_SECRET));
    this.authorization =
        "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * @throws BadToken if it is not active
   * @throws dev.parley.access.Refusal 503 if the issuer does not say
   */
  Claims ask(String token) throws BadToken {
    HttpRequest request =
        HttpRequest.newBuilder(endpoint)
            .timeout(PATIENCE)
            .header("Authorization", authorization)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "token=" + encoded(token) + "&token_type_hint=access_token"))
            .build();
    Map<String, Object> answer;
    try {
      HttpResponse<String> response =
          client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      if (response.statusCode() != 200) {
        throw new IOException("status " + response.statusCode());
      }
      answer = JSON.readValue(response.body(), new TypeReference<Map<String, Object>>() {});
    } catch (IOException e) {
      throw BearerLogin.away("The issuer does not say now what the token means");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw BearerLogin.away("The issuer does not say now what the token means");
    }
    if (!Boolean.TRUE.equals(answer.get("active"))) {
      throw new BadToken("The token is not active");
    }
    return new Claims(answer);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
