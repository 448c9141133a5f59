// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A little OpenID Connect issuer with a key pair of its own: discovery document, key set,
 * introspection. It gives a token to whoever the test says.
 */
public final class TestIssuer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Making a key takes a moment; issuers differ by it only where a test asks for another. */
  private static final RSAKey FIRST = newKey();

  private final HttpServer http;
  private final Map<String, Map<String, Object>> opaque = new ConcurrentHashMap<>();
  private final AtomicInteger keyFetches = new AtomicInteger();
  private final AtomicInteger questions = new AtomicInteger();
  private volatile boolean away;
  private volatile RSAKey key;
  private volatile String audience = "";
  private volatile Clock clock = Clock.systemUTC();

  private TestIssuer(RSAKey key) {
    this.key = key;
    try {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    http.createContext("/.well-known/openid-configuration", e -> answer(e, discovery()));
    http.createContext("/jwks", this::keys);
    http.createContext("/introspect", this::introspect);
    http.start();
  }

  public static TestIssuer start() {
    return new TestIssuer(FIRST);
  }

  /** One whose signatures are its own. */
  public static TestIssuer withOtherKey() {
    return new TestIssuer(newKey());
  }

  private static RSAKey newKey() {
    try {
      return new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  public String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  public String jwksUrl() {
    return url() + "/jwks";
  }

  public String introspectionUrl() {
    return url() + "/introspect";
  }

  /** Whom the tokens are for: the FHIR base of the server under test. */
  public TestIssuer audience(String base) {
    audience = base;
    return this;
  }

  /** By whose time its tokens begin and end. */
  TestIssuer by(Clock its) {
    clock = its;
    return this;
  }

  public RSAKey key() {
    return key;
  }

  /** Signs with a new key from now on; the old one is no longer published. */
  public void rotate() {
    key = newKey();
  }

  /** Whether everything that is asked over HTTP is answered 503. */
  public void away(boolean now) {
    away = now;
  }

  /** How often its keys were fetched. */
  public int keyFetches() {
    return keyFetches.get();
  }

  /** How often it was asked about an opaque token. */
  public int questions() {
    return questions.get();
  }

  /** For a person, who has to be there and active: {@code token("Practitioner/dr-1", ...)}. */
  public String token(String fhirUser, String scope) {
    return token(fhirUser, scope, Map.of());
  }

  /** The same with more claims, or others; one that is null is left out. */
  public String token(String fhirUser, String scope, Map<String, ?> claims) {
    Map<String, Object> all = new HashMap<>(Map.of("fhirUser", fhirUser, "sub", fhirUser));
    all.putAll(claims);
    return sign(claims(scope, all));
  }

  /** For a client that acts for nobody: {@code system("system/*.cruds")}. */
  public String system(String scope) {
    return sign(claims(scope, Map.of("sub", "backend", "client_id", "backend")));
  }

  /** What a token says; exp is in an hour, and so on, unless the given claims say otherwise. */
  public JWTClaimsSet claims(String scope, Map<String, ?> others) {
    Instant now = clock.instant();
    Map<String, Object> all = new HashMap<>();
    all.put("iss", url());
    all.put("aud", List.of(audience));
    all.put("client_id", "test-app");
    all.put("scope", scope);
    all.put("iat", Date.from(now));
    all.put("exp", Date.from(now.plusSeconds(3_600)));
    all.put("auth_time", now.getEpochSecond());
    all.put("jti", UUID.randomUUID().toString());
    all.put("sid", UUID.randomUUID().toString());
    all.put("acr", "1");
    all.putAll(others);
    JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder();
    all.forEach(
        (name, value) -> {
          if (value != null) {
            claims.claim(name, value instanceof Instant at ? Date.from(at) : value);
          }
        });
    return claims.build();
  }

  public String sign(JWTClaimsSet claims) {
    try {
      return sign(
          new JWSHeader.Builder(JWSAlgorithm.RS256)
              .keyID(key.getKeyID())
              .type(JOSEObjectType.JWT)
              .build(),
          claims,
          new RSASSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whatever a forger likes. */
  public static String sign(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) {
    try {
      SignedJWT token = new SignedJWT(header, claims);
      token.sign(signer);
      return token.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A token that says nothing by itself; introspection answers with these claims. */
  public String opaque(JWTClaimsSet claims) {
    Map<String, Object> answer = new HashMap<>(claims.toJSONObject());
    answer.put("active", true);
    String token = UUID.randomUUID().toString();
    opaque.put(token, answer);
    return token;
  }

  /** An opaque token that is active no longer. */
  public void revoke(String opaqueToken) {
    opaque.remove(opaqueToken);
  }

  private Map<String, Object> discovery() {
    return Map.of(
        "issuer", url(),
        "jwks_uri", jwksUrl(),
        "authorization_endpoint", url() + "/authorize",
        "token_endpoint", url() + "/token",
        "introspection_endpoint", introspectionUrl(),
        "revocation_endpoint", url() + "/revoke",
        "response_types_supported", List.of("code"),
        "grant_types_supported", List.of("authorization_code", "client_credentials"),
        "code_challenge_methods_supported", List.of("S256"),
        "token_endpoint_auth_methods_supported", List.of("client_secret_basic", "private_key_jwt"));
  }

  private void keys(HttpExchange exchange) throws IOException {
    keyFetches.incrementAndGet();
    answer(exchange, new JWKSet(key).toPublicJWKSet().toJSONObject());
  }

  private void introspect(HttpExchange exchange) throws IOException {
    questions.incrementAndGet();
    String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String token = form.replaceAll("(^|.*&)token=([^&]*).*", "$2");
    boolean known = exchange.getRequestHeaders().containsKey("Authorization");
    answer(exchange, opaque.getOrDefault(known ? token : "", Map.of("active", false)));
  }

  private void answer(HttpExchange exchange, Map<String, ?> body) throws IOException {
    byte[] bytes;
    try {
      bytes = JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(away ? 503 : 200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
