// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import static dev.parley.launcher.login.Provider.claims;
import static dev.parley.launcher.login.Provider.error;
import static dev.parley.launcher.login.Provider.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Systems log in by secret or by key (E-22 to E-27), and ask about tokens (E-29). */
class SystemLoginTest {
  private static final String TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  @TempDir static Path data;
  private static Provider provider;
  private static ECKey key;

  @BeforeAll
  static void start() throws Exception {
    provider = Provider.start(data).withPeople();
    key = provider.key("demo-backend.jwk");
  }

  @AfterAll
  static void stop() {
    provider.close();
  }

  private static String secret() throws Exception {
    return provider.client("demo-ehr").path("client_secret").asText();
  }

  private static HttpResponse<String> credentials(String... more) throws Exception {
    Map<String, String> form = new HashMap<>(Map.of("grant_type", "client_credentials"));
    for (int i = 0; i < more.length; i += 2) {
      form.put(more[i], more[i + 1]);
    }
    return provider.post("/oauth2/token", form);
  }

  private static HttpResponse<String> byKey(String assertion, String... more) throws Exception {
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "client_credentials");
    form.put("scope", "system/*.rs");
    form.put("client_assertion_type", TYPE);
    form.put("client_assertion", assertion);
    for (int i = 0; i < more.length; i += 2) {
      form.put(more[i], more[i + 1]);
    }
    return provider.post("/oauth2/token", form);
  }

  private static JWSHeader.Builder header() {
    return new JWSHeader.Builder(JWSAlgorithm.ES384).keyID(key.getKeyID()).type(JOSEObjectType.JWT);
  }

  private static JWTClaimsSet.Builder good() {
    return new JWTClaimsSet.Builder()
        .issuer("demo-backend")
        .subject("demo-backend")
        .audience(provider.root() + "/oauth2/token")
        .expirationTime(Date.from(Instant.now().plusSeconds(200)))
        .jwtID(UUID.randomUUID().toString());
  }

  private static String signed(JWSHeader header, JWTClaimsSet claims) throws Exception {
    SignedJWT jwt = new SignedJWT(header, claims);
    jwt.sign(new ECDSASigner(key));
    return jwt.serialize();
  }

  @Test
  void a_secret_is_taken_as_basic_and_in_the_form() throws Exception {
    JsonNode byForm =
        json(
            credentials(
                "client_id", "demo-ehr", "client_secret", secret(), "scope", "system/Patient.rs"));
    assertEquals("system/Patient.rs", byForm.path("scope").asText());
    String token = byForm.path("access_token").asText();
    assertEquals(200, provider.fhir("Patient/tim", token));
    assertEquals("demo-ehr", claims(token).getSubject());
    assertNull(claims(token).getClaim("fhirUser"));
    JsonNode byBasic =
        json(
            provider.post(
                "/oauth2/token",
                Map.of("grant_type", "client_credentials"),
                "Authorization",
                provider.basic("demo-ehr", secret())));
    assertEquals("system/*.cruds", byBasic.path("scope").asText());
    assertTrue(byBasic.path("refresh_token").isMissingNode());
  }

  @Test
  void a_wrong_secret_no_secret_and_two_proofs_are_refused() throws Exception {
    HttpResponse<String> wrong =
        credentials("client_id", "demo-ehr", "client_secret", secret() + "x");
    assertEquals(401, wrong.statusCode());
    assertEquals("invalid_client", error(wrong));
    assertEquals("invalid_client", error(credentials("client_id", "demo-ehr")));
    assertEquals(
        "invalid_client", error(credentials("client_id", "nobody", "client_secret", secret())));
    assertEquals(
        "invalid_client", error(credentials("client_id", "demo-backend", "client_secret", "")));
    assertEquals(
        "invalid_request",
        error(
            provider.post(
                "/oauth2/token",
                Map.of("grant_type", "client_credentials", "client_secret", secret()),
                "Authorization",
                provider.basic("demo-ehr", secret()))));
    assertEquals("unauthorized_client", error(credentials("client_id", "demo-app")));
  }

  @Test
  void scopes_beyond_those_registered_are_left_out_and_none_left_is_an_error() throws Exception {
    String[] ehr = {"client_id", "demo-ehr", "client_secret", secret()};
    assertEquals(
        "system/*.rs messaging", scope(ehr, "system/*.rs user/*.rs messaging patient/*.rs"));
    assertEquals(
        "invalid_scope",
        error(credentials(ehr[0], ehr[1], ehr[2], ehr[3], "scope", "user/*.cruds launch")));
  }

  private static String scope(String[] client, String scope) throws Exception {
    return json(credentials(client[0], client[1], client[2], client[3], "scope", scope))
        .path("scope")
        .asText();
  }

  @Test
  void a_signed_assertion_gives_a_token_of_five_minutes() throws Exception {
    JsonNode answer = json(byKey(signed(header().build(), good().build())));
    assertEquals(300, answer.path("expires_in").asInt(), answer::toString);
    assertEquals("Bearer", answer.path("token_type").asText());
    assertEquals(200, provider.fhir("Patient/tim", answer.path("access_token").asText()));
  }

  @Test
  void an_assertion_is_good_once() throws Exception {
    String assertion = signed(header().build(), good().build());
    assertEquals(200, byKey(assertion).statusCode());
    assertEquals("invalid_client", error(byKey(assertion)));
  }

  @Test
  void what_was_used_stays_used_when_the_provider_is_started_again(@TempDir Path data) {
    Instant now = Instant.parse("2026-11-27T10:00:00Z");
    Instant until = now.plusSeconds(300);
    LoginFolder folder = LoginFolder.in(data);
    assertTrue(new UsedAssertions(folder).use("client one", until, now));
    assertFalse(new UsedAssertions(folder).use("client one", until, now.plusSeconds(299)));
    assertTrue(new UsedAssertions(folder).use("client two", until, now));
    assertTrue(new UsedAssertions(folder).use("client one", until, now.plusSeconds(301)));
  }

  @Test
  void whatever_is_wrong_with_an_assertion_it_is_refused() throws Exception {
    refused(c -> c.audience("https://other.example/token"));
    refused(c -> c.expirationTime(null));
    refused(c -> c.expirationTime(Date.from(Instant.now().minusSeconds(10))));
    refused(c -> c.expirationTime(Date.from(Instant.now().plusSeconds(3600))));
    refused(c -> c.notBeforeTime(Date.from(Instant.now().plusSeconds(120))));
    refused(c -> c.jwtID(null));
    refused(c -> c.subject("demo-ehr"));
    refused(c -> c.issuer("demo-ehr"));
    refused(c -> c.issuer(null));
    JWTClaimsSet claims = good().build();
    refused(signed(header().keyID(null).build(), claims));
    refused(signed(header().keyID("another").build(), claims));
    refused(signed(header().jwkURL(URI.create("https://evil.example/jwks")).build(), claims));
    refused(new PlainJWT(claims).serialize());
    SignedJWT mac = new SignedJWT(header(JWSAlgorithm.HS384), claims);
    mac.sign(new MACSigner(key.toPublicJWK().toJSONString()));
    refused(mac.serialize());
    ECKey other = new ECKeyGenerator(Curve.P_384).keyID(key.getKeyID()).generate();
    SignedJWT foreign = new SignedJWT(header().build(), claims);
    foreign.sign(new ECDSASigner(other));
    refused(foreign.serialize());
    refused("no.jwt.atall");
    // E-39: the same good assertion with a wrong type.
    assertEquals(
        "invalid_client",
        error(
            byKey(signed(header().build(), claims), "client_assertion_type", "not-an-assertion")));
    assertEquals(200, byKey(signed(header().build(), claims)).statusCode());
  }

  private static JWSHeader header(JWSAlgorithm algorithm) {
    return new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).build();
  }

  private static void refused(UnaryOperator<JWTClaimsSet.Builder> change) throws Exception {
    refused(signed(header().build(), change.apply(good()).build()));
  }

  private static void refused(String assertion) throws Exception {
    HttpResponse<String> answer = byKey(assertion);
    assertEquals(401, answer.statusCode(), answer::body);
    assertEquals("invalid_client", error(answer));
  }

  @Test
  void a_system_may_not_ask_for_tokens_of_people() throws Exception {
    String assertion = signed(header().build(), good().subject("Patient/tim").build());
    HttpResponse<String> answer =
        provider.post(
            "/oauth2/token",
            Map.of(
                "grant_type",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion",
                assertion));
    assertEquals("unauthorized_client", error(answer));
  }

  @Test
  void other_grants_and_forms_are_refused() throws Exception {
    assertEquals(
        "unsupported_grant_type",
        error(provider.post("/oauth2/token", Map.of("grant_type", "password"))));
    assertEquals("invalid_request", error(provider.post("/oauth2/token", Map.of())));
    assertEquals(
        "invalid_request",
        error(provider.post("/oauth2/token?grant_type=client_credentials", Map.of("a", "b"))));
    assertEquals(404, provider.get("/oauth2/token").statusCode());
  }

  @Test
  void a_token_is_told_of_to_whoever_proves_itself_until_it_is_revoked() throws Exception {
    String basic = provider.basic("demo-ehr", secret());
    String token =
        json(provider.post(
                "/oauth2/token",
                Map.of("grant_type", "client_credentials"),
                "Authorization",
                basic))
            .path("access_token")
            .asText();
    JsonNode told = json(introspect(token, "Authorization", basic));
    assertTrue(told.path("active").asBoolean());
    assertEquals("demo-ehr", told.path("client_id").asText());
    assertEquals("system/*.cruds", told.path("scope").asText());
    assertTrue(told.path("exp").isIntegralNumber());
    assertEquals("{\"active\":false}", introspect("nonsense", "Authorization", basic).body());
    assertEquals("invalid_client", error(introspect(token)));
    // Another client's word ends nothing.
    Map<String, String> revocation = Map.of("token", token, "client_id", "demo-app");
    assertEquals(200, provider.post("/oauth2/revoke", revocation).statusCode());
    assertTrue(json(introspect(token, "Authorization", basic)).path("active").asBoolean());
    assertEquals(
        200,
        provider
            .post("/oauth2/revoke", Map.of("token", token), "Authorization", basic)
            .statusCode());
    assertEquals("{\"active\":false}", introspect(token, "Authorization", basic).body());
  }

  private static HttpResponse<String> introspect(String token, String... headers) throws Exception {
    return provider.post("/oauth2/introspect", Map.of("token", token), headers);
  }

  @Test
  void medplums_login_finds_what_it_looks_for() throws Exception {
    JsonNode answer = json(credentials("client_id", "demo-ehr", "client_secret", secret()));
    assertEquals("Project/parley", answer.at("/project/reference").asText());
    assertEquals("ClientApplication/demo-ehr", answer.at("/profile/reference").asText());
    String token = answer.path("access_token").asText();
    assertTrue(claims(token).getClaim("login_id") instanceof String);
    JsonNode me = json(provider.get("/auth/me", "Authorization", "Bearer " + token));
    assertEquals("ClientApplication", me.at("/profile/resourceType").asText());
    assertEquals("websocket-subscriptions", me.at("/project/features/0").asText());
    assertEquals(401, provider.get("/auth/me").statusCode());
    assertEquals(
        401, provider.get("/auth/me", "Authorization", "Bearer " + token + "x").statusCode());
  }
}
