// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SmartConfigurationTest {
  private static final String PATH = ".well-known/smart-configuration";

  private static List<String> words(JsonNode array) {
    List<String> words = new ArrayList<>();
    array.forEach(each -> words.add(each.asText()));
    return words;
  }

  @Test
  void the_document_names_the_issuers_endpoints_to_everybody() { // E-1 to E-4, E-38, E-41
    try (TestServer server = TestServer.withLogin()) {
      String issuer = server.issuer().url();
      Reply reply =
          server.get(PATH, "Accept", "application/fhir+xml", "Origin", "https://app.example.org");
      assertEquals(200, reply.status(), reply.body());
      assertTrue(reply.header("Content-Type").startsWith("application/json"));
      assertEquals("*", reply.header("Access-Control-Allow-Origin"));
      JsonNode document = reply.json();
      assertEquals(issuer + "/authorize", document.path("authorization_endpoint").asText());
      assertEquals(issuer + "/token", document.path("token_endpoint").asText());
      assertEquals(
          List.of("authorization_code", "client_credentials"),
          words(document.path("grant_types_supported")));
      assertEquals(List.of("S256"), words(document.path("code_challenge_methods_supported")));
      assertEquals(issuer + "/introspect", document.path("introspection_endpoint").asText());
      List<String> capabilities = words(document.path("capabilities"));
      assertTrue(capabilities.contains("permission-v2"));
      assertTrue(capabilities.contains("client-confidential-asymmetric"));
      assertTrue(capabilities.contains("launch-standalone"));
      assertFalse(capabilities.contains("launch-ehr"), "the issuer knows no launch");
      assertFalse(capabilities.contains("client-public"), "nor clients without a secret");
      assertFalse(capabilities.contains("sso-openid-connect"), "nor fhirUser");
      assertFalse(document.has("issuer"));
      assertFalse(document.has("jwks_uri"));
    }
  }

  @Test
  void the_capability_statement_says_the_same() { // E-21, E-37
    try (TestServer server = TestServer.withLogin()) {
      server.issuer().away(true);
      JsonNode without = server.get("metadata").json().at("/rest/0/security");
      assertEquals("SMART-on-FHIR", without.at("/service/0/coding/0/code").asText());
      assertFalse(without.has("extension"));
      assertEquals(503, server.get(PATH).status());

      server.issuer().away(false);
      await().until(() -> server.get("metadata").json().at("/rest/0/security").has("extension"));
      Reply reply = server.get("metadata", "Origin", "https://app.example.org");
      assertEquals("*", reply.header("Access-Control-Allow-Origin"));
      JsonNode uris = reply.json().at("/rest/0/security/extension/0");
      assertEquals(
          "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
          uris.path("url").asText());
      assertEquals("authorize", uris.at("/extension/0/url").asText());
      assertEquals(server.issuer().url() + "/authorize", uris.at("/extension/0/valueUri").asText());
    }
  }

  @Test
  void without_login_there_is_none() {
    try (TestServer server = TestServer.start()) {
      assertTrue(server.get(PATH).status() >= 400);
      assertFalse(server.get("metadata").json().at("/rest/0/security").has("service"));
    }
  }
}
