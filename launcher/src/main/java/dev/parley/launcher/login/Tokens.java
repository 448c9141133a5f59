// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Signed tokens: made, recognised, taken back. */
final class Tokens {
  /** How sure the provider is of the person: it has not asked for any proof, but it is a demo. */
  private static final String ASSURANCE = "3";

  private final SigningKeys keys;
  private final Addresses addresses;
  private final Clock clock;

  /** Sessions and tokens that were ended early, and until when that has to be remembered. */
  private final Map<String, Instant> ended = new ConcurrentHashMap<>();

  Tokens(SigningKeys keys, Addresses addresses, Clock clock) {
    this.keys = keys;
    this.addresses = addresses;
    this.clock = clock;
  }

  /** A JWT for the FHIR server. */
  String access(Grant grant, int seconds) {
    JWTClaimsSet.Builder claims =
        claims(grant, seconds)
            .audience(addresses.fhir())
            .notBeforeTime(Date.from(clock.instant()))
            .jwtID(UUID.randomUUID().toString())
            .claim("client_id", grant.client())
            .claim("scope", grant.scope())
            // Medplum's client asks for a profile only if a token has this.
            .claim("login_id", grant.session());
    if (grant.person() != null) {
      claims.claim("fhirUser", grant.person()).claim("roles", grant.roles().stream().toList());
    }
    if (grant.patient() != null) {
      claims.claim("patient", grant.patient());
    }
    return signed(claims.build(), "at+jwt");
  }

  /** Who logged in, for the software (E-19). */
  String identity(Grant grant, int seconds) {
    JWTClaimsSet.Builder claims =
        claims(grant, seconds).audience(grant.client()).claim("name", grant.name());
    if (grant.has("fhirUser") || grant.has("profile")) {
      claims.claim("fhirUser", addresses.fhir() + "/" + grant.person());
    }
    if (grant.nonce() != null) {
      claims.claim("nonce", grant.nonce());
    }
    return signed(claims.build(), "JWT");
  }

  private JWTClaimsSet.Builder claims(Grant grant, int seconds) {
    Instant now = clock.instant();
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(addresses.issuer())
            .subject(grant.person() == null ? grant.client() : grant.person())
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(seconds)))
            .claim("sid", grant.session());
    if (grant.person() != null) {
      claims.claim("acr", ASSURANCE).claim("auth_time", grant.began().getEpochSecond());
    }
    return claims;
  }

  private String signed(JWTClaimsSet claims, String type) {
    RSAKey key = keys.newest();
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.RS256)
            .keyID(key.getKeyID())
            .type(new JOSEObjectType(type))
            .build();
    SignedJWT jwt = new SignedJWT(header, claims);
    try {
      jwt.sign(new RSASSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
    return jwt.serialize();
  }

  /** What an access token of this provider says, if it is still good. */
  Optional<JWTClaimsSet> good(String token) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      JWK key = keys.published().getKeyByKeyId(jwt.getHeader().getKeyID());
      if (key == null
          || !JWSAlgorithm.RS256.equals(jwt.getHeader().getAlgorithm())
          || !jwt.verify(new RSASSAVerifier(key.toRSAKey()))) {
        return Optional.empty();
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      boolean good =
          claims.getExpirationTime().toInstant().isAfter(clock.instant())
              && claims.getAudience().contains(addresses.fhir())
              && !hasEnded(claims.getJWTID())
              && !hasEnded(claims.getStringClaim("sid"));
      return good ? Optional.of(claims) : Optional.empty();
    } catch (ParseException | JOSEException e) {
      return Optional.empty();
    }
  }

  boolean hasEnded(String id) {
    return ended.containsKey(id);
  }

  /**
   * Takes a token back, or all of a session.
   *
   * @param id a jti or sid
   */
  void end(String id) {
    Instant now = clock.instant();
    ended.values().removeIf(until -> until.isBefore(now));
    ended.put(id, now.plusSeconds(24 * 3600));
  }
}
