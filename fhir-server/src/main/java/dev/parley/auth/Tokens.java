// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Good tokens of the last minutes, by their hashes: a signature is not checked for each request. A
 * key that its issuer has withdrawn is found out when the time here and in {@link KeySet} is over.
 */
final class Tokens {
  private static final int SIZE = 50_000;
  private static final Duration SIGNED = Duration.ofMinutes(5);
  private static final Duration OPAQUE = Duration.ofSeconds(20);

  private final Cache<ByteBuffer, Known> known =
      Caffeine.newBuilder().maximumSize(SIZE).expireAfterWrite(SIGNED).build();
  private final TokenVerifier verifier;
  private final Introspection introspection;
  private final Clock clock;

  /**
   * @param introspection null if opaque tokens are not accepted
   */
  Tokens(TokenVerifier verifier, Introspection introspection, Clock clock) {
    this.verifier = verifier;
    this.introspection = introspection;
    this.clock = clock;
  }

  /** A token that was good a moment ago; why is set if it was not. */
  private record Known(Claims claims, String why, Instant until) {}

  /**
   * @throws BadToken if it opens nothing
   */
  Claims claims(String token) throws BadToken {
    ByteBuffer hash = ByteBuffer.wrap(hash(token));
    Known found = known.getIfPresent(hash);
    if (found == null || !clock.instant().isBefore(found.until())) {
      found = signed(token) ? signedBy(token) : asked(token);
      known.put(hash, found);
    }
    if (found.why() != null) {
      throw new BadToken(found.why());
    }
    verifier.checkTimes(found.claims());
    return found.claims();
  }

  private static boolean signed(String token) {
    return token.chars().filter(c -> c == '.').count() >= 2;
  }

  private Known signedBy(String token) throws BadToken {
    return new Known(verifier.verify(token), null, clock.instant().plus(SIGNED));
  }

  private Known asked(String token) throws BadToken {
    if (introspection == null) {
      throw new BadToken("The token has a form that is not accepted here");
    }
    Instant until = clock.instant().plus(OPAQUE);
    try {
      Claims claims = introspection.ask(token);
      verifier.checkAnswer(claims);
      return new Known(claims, null, until);
    } catch (BadToken e) {
      // Remembered as well: the issuer is not asked at every try.
      return new Known(null, e.getMessage(), until);
    }
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
