// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.MalformedURLException;
import java.net.URI;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** JWTs by which systems prove themselves, each good once (E-24, E-25). */
final class Assertions {
  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final Duration SKEW = Duration.ofSeconds(30);
  private final Clients clients;
  private final Addresses addresses;
  private final Clock clock;
  private final Map<String, JWKSource<SecurityContext>> keys = new ConcurrentHashMap<>();
  private final UsedAssertions used;

  Assertions(Clients clients, UsedAssertions used, Addresses addresses, Clock clock) {
    this.used = used;
    this.clients = clients;
    this.addresses = addresses;
    this.clock = clock;
  }

  /** A good one: whose it is, and for whom they speak. */
  record Proven(Client client, String subject) {}

  /**
   * @throws OAuthError invalid_client if anything about it is wrong
   */
  Proven check(String assertion) {
    try {
      SignedJWT jwt = SignedJWT.parse(assertion);
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      Client client = claims.getIssuer() == null ? null : clients.get(claims.getIssuer());
      if (client == null || !client.signs()) {
        throw OAuthError.client("the assertion's iss is no client that has keys here");
      }
      checkSignature(jwt, client);
      checkClaims(claims);
      return new Proven(client, claims.getSubject());
    } catch (ParseException | JOSEException e) {
      throw OAuthError.client("the assertion is no signed JWT");
    }
  }

  private void checkSignature(SignedJWT jwt, Client client) throws JOSEException {
    JWSHeader header = jwt.getHeader();
    boolean rsa = JWSAlgorithm.RS384.equals(header.getAlgorithm());
    if (!rsa && !JWSAlgorithm.ES384.equals(header.getAlgorithm())) {
      throw OAuthError.client("the assertion's alg must be RS384 or ES384");
    }
    if (header.getKeyID() == null) {
      throw OAuthError.client("the assertion names no kid");
    }
    if (header.getJWKURL() != null && !header.getJWKURL().toString().equals(client.jwksUri())) {
      throw OAuthError.client("the assertion's jku is not the registered one");
    }
    List<JWK> found = keys(client, header.getKeyID(), rsa ? KeyType.RSA : KeyType.EC);
    if (found.size() != 1) {
      throw OAuthError.client("%d keys have the assertion's kid".formatted(found.size()));
    }
    JWK key = found.get(0);
    boolean strong = rsa ? key.size() >= 2048 : Curve.P_384.equals(key.toECKey().getCurve());
    if (!strong
        || !jwt.verify(
            rsa ? new RSASSAVerifier(key.toRSAKey()) : new ECDSAVerifier(key.toECKey()))) {
      throw OAuthError.client("the assertion is not signed by the client's key");
    }
  }

  private List<JWK> keys(Client client, String kid, KeyType type) throws KeySourceException {
    JWKMatcher matcher = new JWKMatcher.Builder().keyID(kid).keyType(type).build();
    return keys.computeIfAbsent(client.id(), id -> source(client))
        .get(new JWKSelector(matcher), null);
  }

  /** Kept keys of an address are fetched again when they are old or a kid is not among them. */
  private static JWKSource<SecurityContext> source(Client client) {
    try {
      if (client.jwks() != null) {
        return new ImmutableJWKSet<>(JWKSet.parse(client.jwks().toString()));
      }
      URI address = URI.create(client.jwksUri());
      if (!client.jwksUri().startsWith("https://") && !Loopback.is(address.getHost())) {
        throw OAuthError.client("the client's jwks_uri must be https");
      }
      return JWKSourceBuilder.create(address.toURL()).build();
    } catch (ParseException | MalformedURLException e) {
      throw OAuthError.client("the client's keys cannot be read");
    }
  }

  private void checkClaims(JWTClaimsSet claims) throws ParseException {
    Instant now = clock.instant();
    if (claims.getAudience().stream().noneMatch(a -> addresses.is(a, "/oauth2/token"))) {
      throw OAuthError.client("the assertion's aud is not " + addresses.issuer() + "/token");
    }
    Instant expires =
        claims.getExpirationTime() == null ? now : claims.getExpirationTime().toInstant();
    if (!expires.isAfter(now) || expires.isAfter(now.plus(LIFE).plus(SKEW))) {
      throw OAuthError.client("the assertion's exp must lie in the next five minutes");
    }
    if (claims.getNotBeforeTime() != null
        && claims.getNotBeforeTime().toInstant().isAfter(now.plus(SKEW))) {
      throw OAuthError.client("the assertion is not good yet");
    }
    if (claims.getJWTID() == null) {
      throw OAuthError.client("the assertion has no jti");
    }
    if (!used.use(claims.getIssuer() + " " + claims.getJWTID(), expires, now)) {
      throw OAuthError.client("the assertion was used before");
    }
  }
}
