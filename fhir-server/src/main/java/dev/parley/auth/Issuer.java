// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.SecurityContext;
import dev.parley.config.Config;
import java.io.IOException;
import java.util.List;

/**
 * One OpenID Connect issuer: its discovery document and its keys. Neither is asked for before a
 * token needs it, so that server and issuer may start in any order.
 */
final class Issuer implements JWKSource<SecurityContext> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String name;
  private final Config config;
  private volatile JWKSource<SecurityContext> keys;
  private volatile JsonNode discovered;
  private volatile boolean known;

  /**
   * @param name as it stands in {@code iss}
   * @param keys where its keys are; null asks its discovery document
   */
  Issuer(String name, String keys, Config config) {
    this.name = name;
    this.config = config;
    this.keys = keys == null ? null : KeySet.of(keys, config);
  }

  String name() {
    return name;
  }

  /**
   * What it says of itself, kept after the first answer.
   *
   * @throws IOException if it does not answer, or answers for somebody else
   */
  JsonNode discovery() throws IOException {
    JsonNode document = discovered;
    if (document == null) {
      String address = name.replaceAll("/+$", "") + "/.well-known/openid-configuration";
      document =
          JSON.readTree(KeySet.retriever().retrieveResource(KeySet.url(address)).getContent());
      if (!name.equals(document.path("issuer").asText())) {
        throw new IOException(address + " is of another issuer: " + document.path("issuer"));
      }
      discovered = document;
    }
    return document;
  }

  @Override
  public List<JWK> get(JWKSelector selector, SecurityContext context) throws KeySourceException {
    if (keys == null) {
      try {
        String address = discovery().path("jwks_uri").asText();
        if (!address.matches("https?://.*")) {
          throw new IOException(name + " names no jwks_uri");
        }
        keys = KeySet.of(address, config);
      } catch (IOException e) {
        throw new JWKSetUnavailableException(e.getMessage(), e);
      }
    }
    try {
      List<JWK> found = keys.get(selector, context);
      known = true;
      return found;
    } catch (RateLimitReachedException e) {
      if (known) {
        // Its keys were fetched a moment ago, and this one was not among them.
        return List.of();
      }
      throw e;
    }
  }
}
