// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;

/** Finds out which software asks: by secret (Basic or in the form), by key, or by its id alone. */
final class ClientLogin {
  static final String ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  private final Clients clients;
  private final Assertions assertions;

  ClientLogin(Clients clients, Assertions assertions) {
    this.clients = clients;
    this.assertions = assertions;
  }

  /**
   * @throws OAuthError invalid_client
   */
  Client of(Exchange exchange, Map<String, String> form) {
    String basic = exchange.header("Authorization");
    boolean byBasic = basic != null && basic.regionMatches(true, 0, "Basic ", 0, 6);
    boolean bySecret = form.containsKey("client_secret");
    boolean byKey =
        form.containsKey("client_assertion") || form.containsKey("client_assertion_type");
    if ((byBasic ? 1 : 0) + (bySecret ? 1 : 0) + (byKey ? 1 : 0) > 1) {
      throw OAuthError.request("prove yourself in one way, not in two");
    }
    Client client;
    if (byKey) {
      client = byKey(form);
    } else if (byBasic) {
      String[] pair = pair(basic.substring(6).strip());
      client = bySecret(pair[0], pair[1]);
    } else if (bySecret) {
      client = bySecret(form.get("client_id"), form.get("client_secret"));
    } else {
      client = form.get("client_id") == null ? null : clients.get(form.get("client_id"));
      if (client == null || !client.isPublic()) {
        throw OAuthError.client("the client must prove who it is");
      }
    }
    if (!form.getOrDefault("client_id", client.id()).equals(client.id())) {
      throw OAuthError.client("client_id is another's");
    }
    return client;
  }

  private Client byKey(Map<String, String> form) {
    if (!ASSERTION_TYPE.equals(form.get("client_assertion_type"))) {
      throw OAuthError.client("client_assertion_type must be " + ASSERTION_TYPE);
    }
    Assertions.Proven proven = assertions.check(form.getOrDefault("client_assertion", ""));
    if (!proven.client().id().equals(proven.subject())) {
      throw OAuthError.client("the assertion's sub is not its iss");
    }
    return proven.client();
  }

  private Client bySecret(String id, String secret) {
    Client client = id == null ? null : clients.get(id);
    byte[] expected = bytes(client == null || client.secret() == null ? "" : client.secret());
    if (expected.length == 0 || !MessageDigest.isEqual(expected, bytes(secret))) {
      throw OAuthError.client("there is no such client, or its secret is another");
    }
    return client;
  }

  /** RFC 6749, 2.3.1: both are form-encoded first. */
  private static String[] pair(String encoded) {
    try {
      String[] pair =
          new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8).split(":", 2);
      if (pair.length == 2) {
        return new String[] {
          URLDecoder.decode(pair[0], StandardCharsets.UTF_8),
          URLDecoder.decode(pair[1], StandardCharsets.UTF_8)
        };
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw OAuthError.client("the Authorization header is no id and secret");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
