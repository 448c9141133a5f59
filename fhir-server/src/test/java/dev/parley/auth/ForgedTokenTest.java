// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import dev.parley.TestIssuer;
import dev.parley.TestServer;
import dev.parley.TestServer.Reply;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an attacker would try with a token (E-31, E-32, E-43). */
class ForgedTokenTest {
  private static TestServer server;
  private static TestIssuer issuer;
  private static TestIssuer stranger;

  @BeforeAll
  static void start() {
    server = TestServer.withLogin();
    issuer = server.issuer();
    stranger = TestIssuer.withOtherKey().audience(server.base());
    assertEquals(200, server.asSystem().get("Patient").status());
  }

  @AfterAll
  static void stop() {
    stranger.close();
    server.close();
  }

  private static JWTClaimsSet claims(Map<String, ?> others) {
    Map<String, Object> all = new HashMap<>(Map.of("sub", "backend"));
    all.putAll(others);
    return issuer.claims("system/*.cruds", all);
  }

  private static JWSHeader.Builder header(JWSAlgorithm algorithm) {
    return new JWSHeader.Builder(algorithm).keyID(issuer.key().getKeyID());
  }

  private static RSASSASigner signer(RSAKey key) {
    try {
      return new RSASSASigner(key);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void opens(String token) {
    Reply reply = server.as(token).get("Patient");
    assertEquals(200, reply.status(), reply.body());
  }

  private static void opensNothing(String token) {
    Reply reply = server.as(token).get("Patient");
    assertEquals(401, reply.status(), reply.body());
    assertEquals("invalid-token", reply.reason());
    assertFalse(reply.body().contains(token), "the token is not repeated");
  }

  @Test
  void unsigned_tokens_open_nothing() {
    opensNothing(new PlainJWT(claims(Map.of())).serialize());
    String good = issuer.sign(claims(Map.of()));
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"nOnE\"}".getBytes(StandardCharsets.UTF_8));
    opensNothing(none + good.substring(good.indexOf('.')));
    opensNothing(good.substring(0, good.lastIndexOf('.') + 1));
  }

  @Test
  void the_public_key_is_no_hmac_secret() throws JOSEException {
    byte[] asn1 = issuer.key().toRSAPublicKey().getEncoded();
    byte[] pem =
        ("-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(asn1)
                + "\n-----END PUBLIC KEY-----\n")
            .getBytes(StandardCharsets.UTF_8);
    byte[] jwk = issuer.key().toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8);
    for (byte[] secret : List.of(asn1, pem, jwk)) {
      opensNothing(
          TestIssuer.sign(
              header(JWSAlgorithm.HS256).build(), claims(Map.of()), new MACSigner(secret)));
    }
  }

  @Test
  void a_changed_token_opens_nothing() {
    String[] parts = issuer.sign(claims(Map.of("scope", "system/Patient.r"))).split("\\.");
    String more =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
                    .replace("system/Patient.r", "system/*.cruds")
                    .getBytes(StandardCharsets.UTF_8));
    opensNothing(parts[0] + "." + more + "." + parts[2]);
    opensNothing(parts[0] + "." + parts[1] + "." + "A".repeat(parts[2].length()));
    opensNothing(parts[0] + "." + parts[1] + "." + parts[2] + ".");
    opensNothing(parts[0] + "." + parts[1] + "." + parts[2] + "." + parts[2]);
  }

  @Test
  void keys_that_a_token_brings_are_not_used() throws JOSEException {
    RSAKey own = stranger.key();
    opensNothing(
        TestIssuer.sign(
            header(JWSAlgorithm.RS256).jwk(own.toPublicJWK()).build(),
            claims(Map.of()),
            signer(own)));
    int before = stranger.keyFetches();
    opensNothing(
        TestIssuer.sign(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID(own.getKeyID())
                .jwkURL(URI.create(stranger.jwksUrl()))
                .x509CertURL(URI.create(stranger.jwksUrl()))
                .build(),
            claims(Map.of()),
            signer(own)));
    assertEquals(before, stranger.keyFetches(), "and not even looked at");
  }

  @Test
  void odd_key_ids_open_nothing() {
    for (String kid :
        List.of("", "../../../../dev/null", "' or '1'='1", "x".repeat(5_000), "http://a/b")) {
      opensNothing(
          TestIssuer.sign(
              new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(kid).build(),
              claims(Map.of()),
              signer(stranger.key())));
    }
    opensNothing(
        TestIssuer.sign(
            header(JWSAlgorithm.RS256).build(), claims(Map.of()), signer(stranger.key())));
  }

  @Test
  void tokens_of_another_issuer_open_nothing() {
    opensNothing(stranger.system("system/*.cruds"));
    opensNothing(stranger.sign(claims(Map.of())));
    opensNothing(issuer.sign(claims(Map.of("iss", stranger.url()))));
    opensNothing(issuer.sign(claims(Map.of("iss", issuer.url() + "/"))));
    Map<String, Object> none = new HashMap<>();
    none.put("iss", null);
    opensNothing(issuer.sign(claims(none)));
  }

  @Test
  void only_tokens_for_this_server_open_it() {
    opens(issuer.sign(claims(Map.of("aud", List.of("https://else", server.base())))));
    opensNothing(issuer.sign(claims(Map.of("aud", "https://other.example.org/fhir/R4"))));
    opensNothing(issuer.sign(claims(Map.of("aud", server.base() + "/x"))));
    opensNothing(issuer.sign(claims(Map.of("aud", List.of()))));
    opensNothing(issuer.sign(claims(Map.of("aud", "test-app"))));
  }

  @Test
  void a_token_is_good_in_its_time_only() {
    Instant now = Instant.now();
    opens(issuer.sign(claims(Map.of("exp", now.minusSeconds(5)))));
    opensNothing(issuer.sign(claims(Map.of("exp", now.minusSeconds(60)))));
    opensNothing(issuer.sign(claims(Map.of("nbf", now.plusSeconds(60)))));
    opensNothing(issuer.sign(claims(Map.of("iat", now.plusSeconds(60)))));
    Map<String, Object> none = new HashMap<>();
    none.put("exp", null);
    opensNothing(issuer.sign(claims(none)));
  }

  @Test
  void other_kinds_of_token_open_nothing() {
    opensNothing(issuer.sign(claims(Map.of("at_hash", "x"))));
    opensNothing(issuer.sign(claims(Map.of("typ", "ID"))));
    opensNothing(issuer.sign(claims(Map.of("typ", "Refresh"))));
    for (String type : List.of("logout+jwt", "secevent+jwt", "JWE")) {
      opensNothing(
          TestIssuer.sign(
              header(JWSAlgorithm.RS256).type(new JOSEObjectType(type)).build(),
              claims(Map.of()),
              signer(issuer.key())));
    }
    opens(
        TestIssuer.sign(
            header(JWSAlgorithm.RS256).type(new JOSEObjectType("at+jwt")).build(),
            claims(Map.of("typ", "Bearer")),
            signer(issuer.key())));
  }

  @Test
  void a_key_of_another_kind_under_a_known_id_opens_nothing() throws JOSEException {
    opensNothing(
        TestIssuer.sign(
            header(JWSAlgorithm.ES256).build(),
            claims(Map.of()),
            new ECDSASigner(
                new ECKeyGenerator(Curve.P_256).keyID(issuer.key().getKeyID()).generate())));
    assertEquals(1, new JWKSet(issuer.key()).size());
  }

  @Test
  void extensions_that_must_be_understood_are_not() {
    opensNothing(
        TestIssuer.sign(
            header(JWSAlgorithm.RS256)
                .criticalParams(java.util.Set.of("exp"))
                .customParam("exp", 1)
                .build(),
            claims(Map.of()),
            signer(issuer.key())));
  }

  @Test
  void whoever_is_nobody_of_this_server_is_refused() {
    for (String who :
        List.of(
            "https://other.example.org/fhir/Practitioner/dr-1",
            "Device/d1",
            "Practitioner/",
            "Practitioner/a/b",
            "system",
            "Practitioner/dr-1/_history/1")) {
      opensNothing(issuer.token(who, "user/*.cruds"));
    }
    opensNothing(issuer.sign(issuer.claims("user/*.cruds patient/*.cruds", Map.of("sub", "x"))));
    opensNothing(issuer.system(""));
  }

  @Test
  void whoever_is_not_named_readably_is_no_system() { // E-9, E-11
    for (Object unreadable : List.of("", " ", List.of("Practitioner/dr-1"), 7, Map.of("a", "b"))) {
      opensNothing(issuer.sign(claims(Map.of("fhirUser", unreadable))));
    }
    for (String scope : List.of("user/*.rs system/*.rs", "patient/*.rs system/*.rs")) {
      opensNothing(issuer.sign(claims(Map.of("scope", scope))));
    }
    opens(issuer.sign(claims(Map.of("scope", "openid system/*.rs"))));
  }
}
