// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;

/**
 * By what a push service knows this server (RFC 8292): a key pair of P-256, from the setting or
 * made once for all processes over the database.
 */
final class Vapid {
  private static final String NAME = "vapid-key";

  /** A day is the most that push services take. */
  private static final Duration LIFE = Duration.ofHours(12);

  private final Database database;
  private final ECKey given;
  private volatile ECKey key;

  Vapid(Config config, Database database) {
    this.database = database;
    this.given =
        config.isSet(Setting.PARLEY_VAPID_KEYS)
            ? read(config.text(Setting.PARLEY_VAPID_KEYS))
            : null;
  }

  /** Reads "public,private"; they must belong together. */
  private static ECKey read(String text) {
    String[] parts = text.strip().split("\\s*,\\s*");
    try {
      byte[] point = new Base64URL(parts[0]).decode();
      if (parts.length == 2 && point.length == 65 && point[0] == 4) {
        ECKey pair =
            new ECKey.Builder(
                    Curve.P_256,
                    Base64URL.encode(Arrays.copyOfRange(point, 1, 33)),
                    Base64URL.encode(Arrays.copyOfRange(point, 33, 65)))
                .d(new Base64URL(parts[1]))
                .build();
        SignedJWT trial = sign(pair, new JWTClaimsSet.Builder().build());
        if (trial.verify(new com.nimbusds.jose.crypto.ECDSAVerifier(pair))) {
          return pair;
        }
      }
    } catch (JOSEException | IllegalArgumentException e) {
      // Told below; the text of the exception might show the key.
    }
    throw new Config.WrongSettings(
        List.of(
            Setting.PARLEY_VAPID_KEYS
                + ": give the public and the private key of one pair on P-256, in base64url, with a"
                + " comma"));
  }

  /** For browsers: the point, uncompressed, in base64url. */
  String publicKey() {
    ECKey pair = pair();
    byte[] point = new byte[65];
    point[0] = 4;
    System.arraycopy(pair.getX().decode(), 0, point, 1, 32);
    System.arraycopy(pair.getY().decode(), 0, point, 33, 32);
    return Base64URL.encode(point).toString();
  }

  /**
   * The header Authorization of a push.
   *
   * @param subject mailto: or https: address of who runs this server
   */
  String authorization(URI endpoint, String subject, Instant now) {
    String origin = endpoint.getScheme() + "://" + endpoint.getRawAuthority();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .audience(origin)
            .expirationTime(Date.from(now.plus(LIFE)))
            .subject(subject)
            .build();
    try {
      return "vapid t=%s, k=%s".formatted(sign(pair(), claims).serialize(), publicKey());
    } catch (JOSEException e) {
      throw new IllegalStateException("the VAPID key does not sign", e);
    }
  }

  private static SignedJWT sign(ECKey pair, JWTClaimsSet claims) throws JOSEException {
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.ES256).type(JOSEObjectType.JWT).build();
    SignedJWT token = new SignedJWT(header, claims);
    token.sign(new ECDSASigner(pair));
    return token;
  }

  private ECKey pair() {
    if (given != null) {
      return given;
    }
    if (key == null) {
      key = kept();
    }
    return key;
  }

  private ECKey kept() {
    try {
      String made = new ECKeyGenerator(Curve.P_256).generate().toJSONString();
      String kept = database.with(connection -> kept(made, connection));
      return ECKey.parse(kept);
    } catch (JOSEException | ParseException e) {
      throw new IllegalStateException("no VAPID key", e);
    }
  }

  /** Of two processes that make one at once both take the first. */
  private static String kept(String made, Connection connection) throws SQLException {
    Rows.change(
        connection,
        "insert into parley_state (name, value) values (?, ?) on conflict (name) do nothing",
        NAME,
        made);
    return Rows.one(
        connection, "select value from parley_state where name = ?", row -> row.getString(1), NAME);
  }
}
