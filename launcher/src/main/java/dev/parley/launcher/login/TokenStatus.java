// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jwt.JWTClaimsSet;
import java.io.IOException;
import java.text.ParseException;
import java.util.Map;
import java.util.Optional;

/** Introspection (RFC 7662, E-29) and revocation (RFC 7009) of tokens. */
final class TokenStatus {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final ClientLogin clients;
  private final Tokens tokens;
  private final OneTime<Grant> refreshes;

  TokenStatus(ClientLogin clients, Tokens tokens, OneTime<Grant> refreshes) {
    this.clients = clients;
    this.tokens = tokens;
    this.refreshes = refreshes;
  }

  void introspect(Exchange exchange) throws IOException {
    Map<String, String> form = exchange.form();
    if (clients.of(exchange, form).isPublic()) {
      throw OAuthError.client("only a client that proves itself may ask about tokens");
    }
    Optional<JWTClaimsSet> claims = tokens.good(token(form));
    ObjectNode answer = JSON.createObjectNode().put("active", claims.isPresent());
    if (claims.isPresent()) {
      // Times as seconds, as RFC 7662 has them.
      answer.setAll((ObjectNode) JSON.valueToTree(claims.get().toJSONObject()));
      answer.put("token_type", "Bearer");
    }
    exchange.json(answer);
  }

  /** Ends a token; with a refresh token, its whole session. Nobody learns whether it was good. */
  void revoke(Exchange exchange) throws IOException {
    Map<String, String> form = exchange.form();
    Client client = clients.of(exchange, form);
    String token = token(form);
    Grant grant = refreshes.look(token);
    if (grant != null && grant.client().equals(client.id())) {
      tokens.end(grant.session());
    }
    tokens.good(token).ifPresent(claims -> end(claims, client));
    exchange.json(JSON.createObjectNode());
  }

  private void end(JWTClaimsSet claims, Client client) {
    try {
      if (client.id().equals(claims.getStringClaim("client_id"))) {
        tokens.end(claims.getJWTID());
      }
    } catch (ParseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String token(Map<String, String> form) {
    String token = form.get("token");
    if (token == null) {
      throw OAuthError.request("token is needed");
    }
    return token;
  }
}
