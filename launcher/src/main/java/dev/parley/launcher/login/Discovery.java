// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What the provider tells of itself (OpenID Connect Discovery, RFC 8414). */
final class Discovery {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Discovery() {}

  static JsonNode document(Addresses addresses) {
    String issuer = addresses.issuer();
    ObjectNode document =
        JSON.createObjectNode()
            .put("issuer", issuer)
            .put("authorization_endpoint", issuer + "/authorize")
            .put("token_endpoint", issuer + "/token")
            .put("jwks_uri", issuer + "/jwks")
            .put("introspection_endpoint", issuer + "/introspect")
            .put("revocation_endpoint", issuer + "/revoke")
            .put("authorization_response_iss_parameter_supported", true)
            .put("request_uri_parameter_supported", false);
    list(document, "response_types_supported", "code");
    list(document, "response_modes_supported", "query");
    list(
        document,
        "grant_types_supported",
        "authorization_code",
        "refresh_token",
        "client_credentials");
    list(document, "subject_types_supported", "public");
    list(document, "id_token_signing_alg_values_supported", "RS256");
    list(document, "code_challenge_methods_supported", "S256");
    list(
        document,
        "token_endpoint_auth_methods_supported",
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt");
    list(document, "token_endpoint_auth_signing_alg_values_supported", "RS384", "ES384");
    list(
        document,
        "scopes_supported",
        "openid",
        "fhirUser",
        "profile",
        "launch/patient",
        "offline_access",
        "online_access",
        "patient/*.cruds",
        "user/*.cruds",
        "system/*.cruds",
        "messaging");
    list(
        document,
        "claims_supported",
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "acr",
        "sid",
        "name",
        "fhirUser",
        "roles");
    return document;
  }

  private static void list(ObjectNode document, String name, String... values) {
    document.set(name, JSON.valueToTree(List.of(values)));
  }
}
