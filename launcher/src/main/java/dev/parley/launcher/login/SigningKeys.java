// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.parley.launcher.terminal.PlainError;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/**
 * The keys that the demo provider signs with: the newest signs, older ones are published as long as
 * a token of theirs can live (E-28). At a start that finds the newest a month old, a new one is
 * made.
 */
final class SigningKeys {
  private static final String FILE = "signing-keys.json";
  private static final Duration AGE = Duration.ofDays(30);
  private static final Duration KEPT = Duration.ofDays(1);
  private final LoginFolder folder;
  private final Clock clock;
  private volatile List<JWK> keys;

  SigningKeys(LoginFolder folder, Clock clock) {
    this.folder = folder;
    this.clock = clock;
    try {
      keys = JWKSet.parse(folder.readOrWrite(FILE, () -> text(List.of(fresh())))).getKeys();
    } catch (ParseException e) {
      throw new PlainError("%s holds no keys; remove it".formatted(folder.file(FILE)), e);
    }
    if (newest().getIssueTime().toInstant().isBefore(clock.instant().minus(AGE))) {
      rotate();
    }
  }

  RSAKey newest() {
    return keys.get(0).toRSAKey();
  }

  /** Without the private parts. */
  JWKSet published() {
    return new JWKSet(keys).toPublicJWKSet();
  }

  /** Signs with a new key from now on. */
  synchronized void rotate() {
    List<JWK> kept = new ArrayList<>(List.of(fresh()));
    for (int i = 0; i < keys.size(); i++) {
      // A key was last used when the one before it in the list was made.
      Date retired = i == 0 ? Date.from(clock.instant()) : keys.get(i - 1).getIssueTime();
      if (retired.toInstant().isAfter(clock.instant().minus(KEPT))) {
        kept.add(keys.get(i));
      }
    }
    folder.write(FILE, text(kept));
    keys = List.copyOf(kept);
  }

  private RSAKey fresh() {
    try {
      return new RSAKeyGenerator(2048)
          .keyUse(KeyUse.SIGNATURE)
          .algorithm(JWSAlgorithm.RS256)
          .keyIDFromThumbprint(true)
          .issueTime(Date.from(clock.instant()))
          .generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(List<JWK> keys) {
    return new JWKSet(keys).toString(false);
  }
}
