// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Software that the demo provider knows, as {@code clients.json} has it.
 *
 * @param redirects where it may be sent back to, to the letter; empty for software without users
 * @param secret what it proves itself with, or null
 * @param jwks the public keys that it signs with, or null
 * @param jwksUri where those keys are, or null
 * @param scope system scopes that it may have; empty for software with users
 * @param usual what it gets of them if it names none
 * @param seconds life of its own tokens
 */
record Client(
    @JsonProperty("client_id") String id,
    @JsonProperty("client_name") String name,
    @JsonProperty("redirect_uris") List<String> redirects,
    @JsonProperty("client_secret") String secret,
    @JsonProperty("jwks") JsonNode jwks,
    @JsonProperty("jwks_uri") String jwksUri,
    @JsonProperty("scope") String scope,
    @JsonProperty("usual_scope") String usual,
    @JsonProperty("token_seconds") int seconds) {

  Client {
    name = name == null ? id : name;
    redirects = redirects == null ? List.of() : List.copyOf(redirects);
    scope = scope == null ? "" : scope;
    usual = usual == null ? scope : usual;
    seconds = seconds == 0 ? 3600 : seconds;
  }

  /** It cannot keep a secret: a page or an app on somebody's device. */
  boolean isPublic() {
    return secret == null && !signs();
  }

  boolean signs() {
    return jwks != null || jwksUri != null;
  }
}
