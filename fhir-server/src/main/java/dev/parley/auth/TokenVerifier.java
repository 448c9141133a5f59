// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSKeySelector;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.parley.config.Config;
import dev.parley.config.Config.WrongSettings;
import dev.parley.config.Setting;
import java.security.Key;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks tokens that carry their own proof (E-31, E-32): signature by a key of their issuer with an
 * algorithm of the list, issuer, audience, times. A key that the token itself brings or points to
 * ({@code jwk}, {@code jku}, {@code x5u}) is never looked at.
 */
final class TokenVerifier {
  private static final int RSA_BITS = 2048;
  private static final DefaultJOSEObjectTypeVerifier<SecurityContext> TYPES =
      new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt"), JOSEObjectType.JWT, null);

  /** Keycloak's word for what a token is; "Bearer" is the access token. */
  private static final Set<String> OTHER_KINDS = Set.of("ID", "Refresh", "Offline", "Logout");

  private final Map<String, DefaultJWTProcessor<SecurityContext>> issuers = new HashMap<>();
  private final List<String> audience;
  private final Duration skew;
  private final Clock clock;

  /**
   * @param base the FHIR base: the audience, unless the settings name another
   */
  TokenVerifier(Config config, List<Issuer> issuers, String base, Clock clock) {
    this.clock = clock;
    this.skew = Duration.ofSeconds(config.number(Setting.PARLEY_CLOCK_SKEW_SECONDS));
    this.audience =
        config.isSet(Setting.PARLEY_AUDIENCE)
            ? config.list(Setting.PARLEY_AUDIENCE)
            : List.of(base, base + "/");
    Set<JWSAlgorithm> algorithms = algorithms(config);
    issuers.forEach(each -> this.issuers.put(each.name(), processor(each, algorithms)));
  }

  private static Set<JWSAlgorithm> algorithms(Config config) {
    Set<JWSAlgorithm> named =
        config.list(Setting.PARLEY_TOKEN_ALGORITHMS).stream()
            .map(JWSAlgorithm::parse)
            .collect(Collectors.toSet());
    List<String> wrong = new ArrayList<>();
    for (JWSAlgorithm each : named) {
      if (!JWSAlgorithm.Family.RSA.contains(each) && !JWSAlgorithm.Family.EC.contains(each)) {
        wrong.add(
            "PARLEY_TOKEN_ALGORITHMS names %s; only RS, PS and ES are accepted".formatted(each));
      }
    }
    if (!wrong.isEmpty() || named.isEmpty()) {
      throw new WrongSettings(
          named.isEmpty() ? List.of("PARLEY_TOKEN_ALGORITHMS is empty") : wrong);
    }
    return named;
  }

  private static DefaultJWTProcessor<SecurityContext> processor(
      Issuer issuer, Set<JWSAlgorithm> algorithms) {
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    JWSKeySelector<SecurityContext> selector = new JWSVerificationKeySelector<>(algorithms, issuer);
    processor.setJWSKeySelector(
        (header, context) ->
            selector.selectJWSKeys(header, context).stream()
                .filter(TokenVerifier::strong)
                .toList());
    processor.setJWSTypeVerifier(TYPES);
    // The claims are looked at below, by our clock.
    processor.setJWTClaimsSetVerifier((claims, context) -> {});
    return processor;
  }

  private static boolean strong(Key key) {
    return !(key instanceof RSAPublicKey rsa) || rsa.getModulus().bitLength() >= RSA_BITS;
  }

  /**
   * What a good token says.
   *
   * @throws BadToken with a sentence that says what is wrong with it
   * @throws dev.parley.access.Refusal 503 if its issuer's keys cannot be had now
   */
  Claims verify(String token) throws BadToken {
    try {
      String issuer = JWTParser.parse(token).getJWTClaimsSet().getIssuer();
      DefaultJWTProcessor<SecurityContext> processor = issuers.get(issuer);
      if (processor == null) {
        throw new BadToken("The token is of an issuer that is not trusted here");
      }
      Claims claims = new Claims(processor.process(token, null).getClaims());
      check(claims);
      return claims;
    } catch (KeySourceException e) {
      throw BearerLogin.away("The keys of the token's issuer cannot be had now");
    } catch (ParseException | BadJOSEException | JOSEException | IllegalArgumentException e) {
      // The library's words may quote the token.
      throw new BadToken("The token is not signed by its issuer in a way that is accepted here");
    }
  }

  private void check(Claims claims) throws BadToken {
    if (claims.texts("aud").stream().noneMatch(audience::contains)) {
      throw new BadToken("The token is for another server (aud)");
    }
    if (otherKind(claims)) {
      throw new BadToken("This is no access token");
    }
    checkTimes(claims);
  }

  /** What an issuer answers about an opaque token: it need not repeat issuer and audience. */
  void checkAnswer(Claims claims) throws BadToken {
    boolean others = claims.text("iss") != null && !issuers.isEmpty();
    if (others && !issuers.containsKey(claims.text("iss"))) {
      throw new BadToken("The token is of an issuer that is not trusted here");
    }
    if (claims.all().containsKey("aud")
        && claims.texts("aud").stream().noneMatch(audience::contains)) {
      throw new BadToken("The token is for another server (aud)");
    }
    checkTimes(claims);
  }

  /** Asked again for each use of a token that was verified before. */
  void checkTimes(Claims claims) throws BadToken {
    Instant now = clock.instant();
    Instant expires = claims.expires();
    if (expires == null) {
      throw new BadToken("The token has no end (exp)");
    }
    if (!now.isBefore(expires.plus(skew))) {
      throw new BadToken("The token has expired; fetch a new one");
    }
    for (String start : List.of("nbf", "iat")) {
      Instant from = claims.time(start);
      if (from != null && from.isAfter(now.plus(skew))) {
        throw new BadToken("The token is not valid yet (" + start + ")");
      }
    }
  }

  /** An id_token says who logged in, to the client; it opens nothing here. */
  private static boolean otherKind(Claims claims) {
    return claims.all().containsKey("at_hash")
        || claims.all().containsKey("c_hash")
        || claims.all().containsKey("events")
        || claims.all().containsKey("nonce") && !claims.all().containsKey("scope")
        || OTHER_KINDS.contains(String.valueOf(claims.all().get("typ")));
  }
}
