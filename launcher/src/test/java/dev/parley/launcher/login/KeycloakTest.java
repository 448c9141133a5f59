// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.nimbusds.jwt.SignedJWT;
import dev.parley.TestDatabase;
import dev.parley.TestServer;
import dev.parley.launcher.client.IssuerLogin;
import dev.parley.launcher.client.Login;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The server takes what a real Keycloak issues, with the realm that docker/ offers. */
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KeycloakTest {
  private static final String NURSE = "Practitioner/carla-mendes";
  private static Keycloak keycloak;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    keycloak = Keycloak.start();
    server =
        TestServer.start(
            TestDatabase.fresh(
                Map.of(
                    "PARLEY_INSECURE_NO_LOGIN",
                    "false",
                    "PARLEY_ISSUER",
                    keycloak.issuer(),
                    "PARLEY_AUDIENCE",
                    "parley")),
            Clock.systemUTC());
    // As the commands do with PARLEY_CLIENT_ID.
    Login commands = new IssuerLogin(keycloak.issuer(), "demo-ehr", Keycloak.SECRET).login();
    TestServer system = server.as(commands.get());
    for (String reference : new String[] {NURSE, "Patient/rubin-padberg"}) {
      String[] parts = reference.split("/");
      String body = "{\"resourceType\":\"%s\",\"id\":\"%s\"}".formatted(parts[0], parts[1]);
      assertEquals(201, system.put(reference, body).status());
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
    if (keycloak != null) {
      keycloak.close();
    }
  }

  private static int read(String token) {
    return server.as(token).get(NURSE).status();
  }

  @Test
  @Order(1)
  void a_nurse_a_patient_and_a_system_come_in() throws Exception {
    assertEquals(200, read(keycloak.person("carla-mendes", "openid fhirUser user/*.cruds")));
    assertEquals(200, read(keycloak.person("rubin-padberg", "user/*.rs")));
    assertEquals(200, read(keycloak.system("system/*.rs")));
    assertEquals(401, server.get(NURSE).status());
  }

  @Test
  @Order(1)
  void scopes_that_a_token_lacks_are_refused() throws Exception {
    TestServer nurse = server.as(keycloak.person("carla-mendes", "user/*.rs"));
    assertEquals(
        403, nurse.put("Patient/new", "{\"resourceType\":\"Patient\",\"id\":\"new\"}").status());
    // No scope for the server at all, and a token that is not for it.
    assertNotEquals(200, read(keycloak.person("carla-mendes", "openid")));
    assertEquals(401, read(keycloak.admin()));
  }

  @Test
  @Order(1)
  void an_app_comes_in_by_the_login_page_code_and_pkce() throws Exception {
    String verifier = "v".repeat(64);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes());
    String challenge = Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    String token = keycloak.byCode("carla-mendes", "openid user/*.cruds", challenge, verifier);
    assertEquals(200, read(token));
  }

  @Test
  @Order(2)
  void a_new_key_is_found_and_the_old_one_serves_on() throws Exception {
    String before = keycloak.system("system/*.rs");
    keycloak.rotateKeys();
    String after = keycloak.system("system/*.rs");
    assertNotEquals(kid(before), kid(after));
    assertEquals(200, read(after));
    assertEquals(200, read(before));
  }

  @Test
  @Order(3)
  void while_keycloak_is_away_its_known_keys_serve_on() throws Exception {
    String token = keycloak.system("system/*.rs");
    keycloak.close();
    assertEquals(200, read(token));
    assertEquals(401, read(token.substring(0, token.length() - 8) + "AAAAAAAA"));
  }

  private static String kid(String token) throws Exception {
    return SignedJWT.parse(token).getHeader().getKeyID();
  }
}
