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
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One OpenID Connect issuer: its discovery document and its keys. Neither is asked for before it is
 * needed, so that server and issuer may start in any order.
 */
final class Issuer implements JWKSource<SecurityContext> {
  private static final Logger LOG = LoggerFactory.getLogger(Issuer.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long KEEP_NANOS = Duration.ofMinutes(10).toNanos();
  private static final long AGAIN_NANOS = Duration.ofSeconds(3).toNanos();

  private final String name;
  private final Config config;
  private volatile JWKSource<SecurityContext> keys;
  private volatile boolean known;
  private JsonNode document;
  private long nextNanos = System.nanoTime();

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
   * What it says of itself, at most some minutes old while it answers.
   *
   * @throws IOException if it has never answered, or for somebody else
   */
  synchronized JsonNode discovery() throws IOException {
    if (System.nanoTime() - nextNanos >= 0) {
      nextNanos = System.nanoTime() + AGAIN_NANOS;
      try {
        document = fetch();
        nextNanos = System.nanoTime() + KEEP_NANOS;
      } catch (IOException e) {
        LOG.warn("The issuer's discovery document cannot be had now: {}", e.getMessage());
        if (document == null) {
          throw e;
        }
      }
    }
    if (document == null) {
      throw new IOException(name + " did not answer a moment ago");
    }
    return document;
  }

  private JsonNode fetch() throws IOException {
    String address = name.replaceAll("/+$", "") + "/.well-known/openid-configuration";
    JsonNode answer =
        JSON.readTree(KeySet.retriever().retrieveResource(KeySet.url(address)).getContent());
    if (!name.equals(answer.path("issuer").asText())) {
      throw new IOException(address + " is of another issuer: " + answer.path("issuer"));
    }
    return answer;
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
