// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import dev.parley.config.Config;
import dev.parley.config.Config.WrongSettings;
import dev.parley.config.Setting;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;

/**
 * Where the public keys of an issuer come from. Those of an address are kept for a time, fetched
 * again for a key id that is not among them (not too often), and serve on while the issuer is away.
 */
final class KeySet {
  private static final int TIMEOUT_MILLIS = 3_000;
  private static final int SIZE_LIMIT = 1 << 20;

  /** How long a request waits for another's fetch. */
  private static final Duration FETCH = Duration.ofSeconds(5);

  /** At most two fetches in this time, whatever key ids are thrown at us. */
  private static final Duration CALM = Duration.ofSeconds(5);

  private static final Duration SHORTEST = Duration.ofSeconds(6);

  private KeySet() {}

  /**
   * @param where a file, or an http or https address
   */
  static JWKSource<SecurityContext> of(String where, Config config) {
    if (!where.matches("https?://.*")) {
      return file(where);
    }
    Duration keep = Duration.ofSeconds(config.number(Setting.PARLEY_ISSUER_KEYS_SECONDS));
    Duration outage = Duration.ofSeconds(config.number(Setting.PARLEY_ISSUER_OUTAGE_SECONDS));
    return JWKSourceBuilder.create(url(where), retriever())
        .cache(Math.max(keep.toMillis(), SHORTEST.toMillis()), FETCH.toMillis())
        .refreshAheadCache(false)
        .rateLimited(CALM.toMillis())
        .retrying(true)
        .outageTolerant(outage.toMillis())
        .build();
  }

  static DefaultResourceRetriever retriever() {
    DefaultResourceRetriever retriever =
        new DefaultResourceRetriever(TIMEOUT_MILLIS, TIMEOUT_MILLIS, SIZE_LIMIT);
    retriever.setDisconnectsAfterUse(false);
    return retriever;
  }

  private static JWKSource<SecurityContext> file(String path) {
    try {
      return new ImmutableJWKSet<>(JWKSet.load(Path.of(path).toFile()).toPublicJWKSet());
    } catch (IOException | ParseException e) {
      throw new WrongSettings(
          List.of("PARLEY_ISSUER_JWKS: %s is not a readable key set".formatted(path)));
    }
  }

  static URL url(String address) {
    try {
      return new URL(address);
    } catch (MalformedURLException e) {
      throw new WrongSettings(List.of(address + " is no address"));
    }
  }
}
