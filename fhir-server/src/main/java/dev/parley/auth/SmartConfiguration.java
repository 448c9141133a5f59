// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code [base]/.well-known/smart-configuration} (E-1 to E-4): the issuer's endpoints, and of the
 * capabilities those that its discovery document and this server make true.
 */
public final class SmartConfiguration extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Ours: every one listed works (E-2, E-13). */
  private static final List<String> SCOPES =
      List.of(
          "patient/*.cruds",
          "user/*.cruds",
          "system/*.cruds",
          "patient/Communication.crs",
          "user/Communication.cruds",
          "user/Subscription.cruds",
          "system/Communication.rs");

  private static final List<String> COPIED =
      List.of(
          "authorization_endpoint",
          "token_endpoint",
          "token_endpoint_auth_methods_supported",
          "token_endpoint_auth_signing_alg_values_supported",
          "registration_endpoint",
          "response_types_supported",
          "introspection_endpoint",
          "revocation_endpoint",
          "management_endpoint");

  /** Names of the oauth-uris extension, and of the discovery document. */
  private static final Map<String, String> URIS =
      Map.of(
          "authorize", "authorization_endpoint",
          "token", "token_endpoint",
          "register", "registration_endpoint",
          "introspect", "introspection_endpoint",
          "revoke", "revocation_endpoint");

  private final transient Issuer issuer;

  SmartConfiguration(Issuer issuer) {
    this.issuer = issuer;
  }

  /** What CapabilityStatement.rest.security says; empty while the issuer has not answered. */
  public Map<String, String> oauthUris() {
    Map<String, String> uris = new LinkedHashMap<>();
    try {
      JsonNode discovery = issuer.discovery();
      URIS.keySet().stream()
          .sorted()
          .filter(name -> discovery.hasNonNull(URIS.get(name)))
          .forEach(name -> uris.put(name, discovery.path(URIS.get(name)).asText()));
    } catch (IOException e) {
      // Then it is told without them, until the issuer answers.
      return Map.of();
    }
    return uris;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("application/json");
    response.setCharacterEncoding("UTF-8");
    // Read by pages of any origin before they know anything of this server (E-1, E-21).
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("X-Content-Type-Options", "nosniff");
    try {
      JsonNode document = document(issuer.discovery());
      response.setHeader("Cache-Control", "public, max-age=60");
      response.getWriter().write(JSON.writeValueAsString(document));
    } catch (IOException e) {
      response.setStatus(503);
      response.setHeader("Retry-After", "5");
      response.getWriter().write("{\"error\":\"temporarily_unavailable\"}");
    }
  }

  static JsonNode document(JsonNode discovery) {
    ObjectNode document = JSON.createObjectNode();
    boolean signOn = has(discovery, "claims_supported", "fhirUser") && discovery.has("jwks_uri");
    if (signOn) {
      document.set("issuer", discovery.get("issuer"));
      document.set("jwks_uri", discovery.get("jwks_uri"));
    }
    for (String name : COPIED) {
      if (discovery.hasNonNull(name)) {
        document.set(name, discovery.get(name));
      }
    }
    ArrayNode grants = document.putArray("grant_types_supported");
    for (String grant : List.of("authorization_code", "client_credentials")) {
      // What is not said is authorization_code (RFC 8414).
      if (has(discovery, "grant_types_supported", grant)
          || grant.equals("authorization_code") && !discovery.has("grant_types_supported")) {
        grants.add(grant);
      }
    }
    document.putArray("code_challenge_methods_supported").add("S256");
    ArrayNode scopes = document.putArray("scopes_supported");
    SCOPES.forEach(scopes::add);
    for (JsonNode scope : discovery.path("scopes_supported")) {
      if (scope.asText().matches("openid|fhirUser|launch.*|offline_access|online_access|profile")) {
        scopes.add(scope.asText());
      }
    }
    ArrayNode capabilities = document.putArray("capabilities");
    capabilities(discovery, signOn).forEach(capabilities::add);
    return document;
  }

  /** E-3. */
  private static List<String> capabilities(JsonNode discovery, boolean signOn) {
    List<String> all =
        new ArrayList<>(
            List.of("permission-patient", "permission-user", "permission-v1", "permission-v2"));
    if (discovery.has("authorization_endpoint")) {
      all.add("launch-standalone");
    }
    String methods = "token_endpoint_auth_methods_supported";
    add(all, "client-public", has(discovery, methods, "none"));
    add(
        all,
        "client-confidential-symmetric",
        has(discovery, methods, "client_secret_basic")
            || has(discovery, methods, "client_secret_post")
            || !discovery.has(methods));
    add(all, "client-confidential-asymmetric", has(discovery, methods, "private_key_jwt"));
    add(all, "sso-openid-connect", signOn);
    String scopes = "scopes_supported";
    add(all, "launch-ehr", has(discovery, scopes, "launch"));
    add(all, "context-standalone-patient", has(discovery, scopes, "launch/patient"));
    add(all, "permission-offline", has(discovery, scopes, "offline_access"));
    add(all, "permission-online", has(discovery, scopes, "online_access"));
    return all;
  }

  private static void add(List<String> all, String capability, boolean there) {
    if (there) {
      all.add(capability);
    }
  }

  private static boolean has(JsonNode discovery, String list, String word) {
    for (JsonNode each : discovery.path(list)) {
      if (each.asText().equals(word)) {
        return true;
      }
    }
    return false;
  }
}
