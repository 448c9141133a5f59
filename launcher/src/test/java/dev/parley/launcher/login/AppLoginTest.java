// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import static dev.parley.launcher.login.Provider.claims;
import static dev.parley.launcher.login.Provider.encoded;
import static dev.parley.launcher.login.Provider.error;
import static dev.parley.launcher.login.Provider.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An app logs a person in by code and PKCE (E-14 to E-19, E-42). */
class AppLoginTest {
  private static final String REDIRECT = "http://127.0.0.1:3000/callback";
  private static final String VERIFIER = "v".repeat(43);
  @TempDir static Path data;
  private static Provider provider;

  @BeforeAll
  static void start() {
    provider = Provider.start(data).withPeople();
  }

  @AfterAll
  static void stop() {
    provider.close();
  }

  private static Map<String, String> request(String... changes) throws Exception {
    Map<String, String> request = new HashMap<>();
    request.put("response_type", "code");
    request.put("client_id", "demo-app");
    request.put("redirect_uri", REDIRECT);
    request.put("scope", "openid fhirUser user/*.cruds offline_access");
    request.put("state", "s+ /1");
    request.put("aud", provider.root() + "/fhir/R4");
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(VERIFIER.getBytes());
    request.put("code_challenge", Base64.getUrlEncoder().withoutPadding().encodeToString(hash));
    request.put("code_challenge_method", "S256");
    for (int i = 0; i < changes.length; i += 2) {
      if (changes[i + 1] == null) {
        request.remove(changes[i]);
      } else {
        request.put(changes[i], changes[i + 1]);
      }
    }
    return request;
  }

  /** What the browser is sent back with. */
  private static Map<String, String> back(HttpResponse<String> answer) {
    assertEquals(303, answer.statusCode(), answer::body);
    String location = answer.headers().firstValue("Location").orElseThrow();
    assertTrue(location.startsWith(REDIRECT + "?"), location);
    return Arrays.stream(URI.create(location).getRawQuery().split("&"))
        .map(pair -> pair.split("=", 2))
        .collect(Collectors.toMap(p -> p[0], p -> URLDecoder.decode(p[1], StandardCharsets.UTF_8)));
  }

  private static String code(String person, String... changes) throws Exception {
    Map<String, String> choice = request(changes);
    choice.put("person", person);
    Map<String, String> back = back(provider.post("/oauth2/choose", choice));
    assertEquals("s+ /1", back.get("state"));
    assertEquals(provider.root() + "/oauth2", back.get("iss"));
    return back.get("code");
  }

  private static HttpResponse<String> exchange(String code, String... changes) throws Exception {
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "authorization_code");
    form.put("code", code);
    form.put("redirect_uri", REDIRECT);
    form.put("client_id", "demo-app");
    form.put("code_verifier", VERIFIER);
    for (int i = 0; i < changes.length; i += 2) {
      form.put(changes[i], changes[i + 1]);
    }
    return provider.post("/oauth2/token", form);
  }

  @Test
  void a_person_is_chosen_and_the_app_gets_tokens_that_the_server_takes() throws Exception {
    HttpResponse<String> answer = exchange(code("Practitioner/ann", "nonce", "n-1"));
    assertEquals(200, answer.statusCode(), answer::body);
    assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElse(""));
    assertEquals("no-cache", answer.headers().firstValue("Pragma").orElse(""));
    JsonNode tokens = json(answer);
    assertEquals("Bearer", tokens.path("token_type").asText());
    assertEquals(3600, tokens.path("expires_in").asInt());
    assertEquals("openid fhirUser user/*.cruds offline_access", tokens.path("scope").asText());
    assertEquals(200, provider.fhir("Practitioner/ann", tokens.path("access_token").asText()));

    SignedJWT identity = SignedJWT.parse(tokens.path("id_token").asText());
    JWKSet keys = JWKSet.parse(provider.get("/oauth2/jwks").body());
    assertTrue(
        identity.verify(
            new RSASSAVerifier(keys.getKeyByKeyId(identity.getHeader().getKeyID()).toRSAKey())));
    assertEquals("RS256", identity.getHeader().getAlgorithm().getName());
    assertEquals(List.of("demo-app"), identity.getJWTClaimsSet().getAudience());
    assertEquals("n-1", identity.getJWTClaimsSet().getClaim("nonce"));
    assertEquals(
        provider.root() + "/fhir/R4/Practitioner/ann",
        identity.getJWTClaimsSet().getClaim("fhirUser"));
    // An id_token opens nothing.
    assertEquals(401, provider.fhir("Practitioner/ann", tokens.path("id_token").asText()));
  }

  @Test
  void a_code_is_good_once_and_its_second_use_ends_what_came_of_the_first() throws Exception {
    String code = code("Patient/tim");
    JsonNode tokens = json(exchange(code));
    assertEquals("invalid_grant", error(exchange(code)));
    assertEquals("invalid_grant", error(refresh(tokens)));
  }

  @Test
  void a_code_is_for_its_client_its_redirect_and_its_verifier() throws Exception {
    assertEquals(
        "invalid_grant", error(exchange(code("Patient/tim"), "code_verifier", "w".repeat(43))));
    assertEquals(
        "invalid_grant",
        error(exchange(code("Patient/tim"), "redirect_uri", "http://localhost:3000/callback")));
    assertEquals(
        "invalid_grant",
        error(
            exchange(
                code("Patient/tim"),
                "client_id",
                "demo-ehr",
                "client_secret",
                provider.client("demo-ehr").path("client_secret").asText())));
  }

  @Test
  void a_redirect_that_is_not_registered_to_the_letter_is_never_followed() throws Exception {
    for (String redirect :
        List.of(
            REDIRECT + "/",
            REDIRECT + "?x=1",
            "http://127.0.0.1:3001/callback",
            "http://evil.example/")) {
      Map<String, String> request = request("redirect_uri", redirect);
      HttpResponse<String> page = provider.get("/oauth2/authorize?" + query(request));
      assertEquals(400, page.statusCode());
      assertTrue(page.headers().firstValue("Location").isEmpty());
      request.put("person", "Patient/tim");
      HttpResponse<String> choice = provider.post("/oauth2/choose", request);
      assertEquals(400, choice.statusCode());
      assertTrue(choice.headers().firstValue("Location").isEmpty());
    }
  }

  @Test
  void what_else_is_wrong_is_told_to_the_app() throws Exception {
    assertEquals("unsupported_response_type", told("response_type", "token"));
    assertEquals("invalid_request", told("code_challenge", null));
    assertEquals("invalid_request", told("code_challenge_method", "plain"));
    assertEquals("invalid_request", told("code_challenge_method", null));
    assertEquals("invalid_request", told("aud", "https://other.example/fhir"));
    assertEquals("invalid_request", told("aud", null));
    assertEquals("invalid_request", told("state", null));
    assertEquals("invalid_scope", told("scope", null));
    assertEquals("login_required", told("prompt", "none"));
  }

  private static String told(String name, String value) throws Exception {
    Map<String, String> request = request(name, value);
    String byPage = back(provider.get("/oauth2/authorize?" + query(request))).get("error");
    assertEquals(byPage, back(provider.post("/oauth2/authorize", request)).get("error"));
    request.put("person", "Patient/tim");
    assertEquals(byPage, back(provider.post("/oauth2/choose", request)).get("error"));
    return byPage;
  }

  @Test
  void nobody_gets_system_scopes_and_scopes_that_are_not_granted_are_left_out() throws Exception {
    JsonNode tokens =
        json(
            exchange(
                code("Patient/tim", "scope", "openid system/*.cruds patient/*.rs messaging .rs")));
    assertEquals("openid patient/*.rs", tokens.path("scope").asText());
    assertEquals("tim", tokens.path("patient").asText());
    Map<String, String> only = request("scope", "system/*.cruds");
    only.put("person", "Patient/tim");
    assertEquals("invalid_scope", back(provider.post("/oauth2/choose", only)).get("error"));
  }

  @Test
  void a_proxy_comes_in_the_matter_of_the_patient() throws Exception {
    String token =
        json(exchange(code("RelatedPerson/eva", "scope", "launch/patient patient/*.rs")))
            .path("access_token")
            .asText();
    assertEquals("tim", claims(token).getClaim("patient"));
    assertEquals("RelatedPerson/eva", claims(token).getClaim("fhirUser"));
    assertEquals(List.of("proxy"), claims(token).getClaim("roles"));
  }

  @Test
  void staff_choose_a_patient_for_an_app_that_wants_one() throws Exception {
    Map<String, String> choice = request("scope", "launch/patient user/*.rs");
    choice.put("person", "Practitioner/ann");
    HttpResponse<String> page = provider.post("/oauth2/choose", choice);
    assertEquals(200, page.statusCode());
    assertTrue(page.body().contains("value=\"Patient/tim\""), page.body());
    choice.put("patient", "Patient/tim");
    JsonNode tokens = json(exchange(back(provider.post("/oauth2/choose", choice)).get("code")));
    assertEquals("tim", tokens.path("patient").asText());
    // Without the wish there is none.
    JsonNode plain = json(exchange(code("Practitioner/ann")));
    assertTrue(plain.path("patient").isMissingNode());
    assertNull(claims(plain.path("access_token").asText()).getClaim("patient"));
  }

  @Test
  void refreshing_gives_new_tokens_of_the_same_session_and_an_old_one_ends_it() throws Exception {
    JsonNode first = json(exchange(code("Patient/tim")));
    JsonNode second = json(refresh(first));
    assertEquals(
        claims(first.path("access_token").asText()).getClaim("sid"),
        claims(second.path("access_token").asText()).getClaim("sid"));
    assertEquals("invalid_grant", error(refresh(first)));
    assertEquals("invalid_grant", error(refresh(second)));
  }

  @Test
  void a_refreshed_token_may_be_for_less_and_never_for_more() throws Exception {
    JsonNode first = json(exchange(code("Patient/tim")));
    String token = first.path("refresh_token").asText();
    Map<String, String> form =
        new HashMap<>(
            Map.of(
                "grant_type",
                "refresh_token",
                "refresh_token",
                token,
                "client_id",
                "demo-app",
                "scope",
                "user/*.cruds messaging"));
    assertEquals("invalid_scope", error(provider.post("/oauth2/token", form)));
    form.put("scope", "user/*.cruds");
    assertEquals("user/*.cruds", json(provider.post("/oauth2/token", form)).path("scope").asText());
  }

  @Test
  void without_offline_access_there_is_no_refresh_token() throws Exception {
    JsonNode tokens = json(exchange(code("Patient/tim", "scope", "user/*.rs")));
    assertTrue(tokens.path("refresh_token").isMissingNode());
    assertTrue(tokens.path("id_token").isMissingNode());
  }

  @Test
  void the_page_offers_people_escapes_them_and_can_be_left() throws Exception {
    HttpResponse<String> page = provider.get("/oauth2/authorize?" + query(request()));
    assertEquals(200, page.statusCode());
    assertTrue(page.body().contains("value=\"Practitioner/ann\""), page.body());
    assertTrue(page.body().contains("O &lt;b&gt;One&lt;/b&gt;"), page.body());
    String policy = page.headers().firstValue("Content-Security-Policy").orElse("");
    assertTrue(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    Map<String, String> cancel = request();
    cancel.put("cancel", "yes");
    assertEquals("access_denied", back(provider.post("/oauth2/choose", cancel)).get("error"));
    Map<String, String> nobody = request();
    nobody.put("person", "Patient/<none>");
    HttpResponse<String> again = provider.post("/oauth2/choose", nobody);
    assertEquals(400, again.statusCode());
    assertTrue(
        again.body().contains("role=\"alert\">There is nobody called &quot;Patient/&lt;none&gt;"));
  }

  @Test
  void a_choice_made_on_another_page_and_a_foreign_host_name_are_refused() throws Exception {
    Map<String, String> choice = request();
    choice.put("person", "Patient/tim");
    HttpResponse<String> foreign =
        provider.post("/oauth2/choose", choice, "Origin", "http://evil.example");
    assertEquals(400, foreign.statusCode());
    assertTrue(foreign.headers().firstValue("Access-Control-Allow-Origin").isEmpty());
    assertEquals(
        303, provider.post("/oauth2/choose", choice, "Origin", provider.root()).statusCode());
    assertEquals("HTTP/1.1 400 Bad Request", statusUnder("evil.example:80"));
    assertEquals("HTTP/1.1 200 OK", statusUnder("localhost:" + provider.server().port()));
  }

  /** As a browser asks that was told by evil.example's own name server to come here. */
  private static String statusUnder(String host) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", provider.server().port())) {
      String request =
          "GET /oauth2/jwks HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n".formatted(host);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .findFirst()
          .orElse("");
    }
  }

  @Test
  void an_app_of_another_origin_may_ask_for_tokens_if_it_is_registered() throws Exception {
    HttpResponse<String> mine =
        provider.post("/oauth2/token", Map.of(), "Origin", "http://localhost:3000");
    assertEquals(
        "http://localhost:3000",
        mine.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
    HttpResponse<String> other =
        provider.post("/oauth2/token", Map.of(), "Origin", "http://localhost:3001");
    assertTrue(other.headers().firstValue("Access-Control-Allow-Origin").isEmpty());
    assertEquals(
        "*",
        provider
            .get("/.well-known/openid-configuration", "Origin", "http://evil.example")
            .headers()
            .firstValue("Access-Control-Allow-Origin")
            .orElse(""));
  }

  private static HttpResponse<String> refresh(JsonNode tokens) throws Exception {
    return provider.post(
        "/oauth2/token",
        Map.of(
            "grant_type",
            "refresh_token",
            "client_id",
            "demo-app",
            "refresh_token",
            tokens.path("refresh_token").asText()));
  }

  private static String query(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(e -> e.getKey() + "=" + encoded(e.getValue()))
        .collect(Collectors.joining("&"));
  }

  @Test
  void discovery_says_where_everything_is() throws Exception {
    JsonNode root = json(provider.get("/.well-known/openid-configuration"));
    assertEquals(root, json(provider.get("/oauth2/.well-known/openid-configuration")));
    String issuer = provider.root() + "/oauth2";
    assertEquals(issuer, root.path("issuer").asText());
    assertEquals(issuer + "/token", root.path("token_endpoint").asText());
    assertEquals("[\"S256\"]", root.path("code_challenge_methods_supported").toString());
    assertFalse(provider.get("/oauth2/jwks").body().contains("\"d\""));
  }
}
