// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.launcher.terminal.PlainError;
import java.time.Instant;

/** An access token, and until when it is good. */
public record Token(String text, Instant until) {

  /**
   * What a token endpoint answers.
   *
   * @throws PlainError saying why there is none
   */
  static Token of(JsonNode answer, Instant now) {
    if (!answer.path("access_token").isTextual()) {
      throw new PlainError(
          answer
              .path("error_description")
              .asText(answer.path("error").asText("no token was given")));
    }
    return new Token(
        answer.path("access_token").asText(), now.plusSeconds(answer.path("expires_in").asInt(60)));
  }
}
