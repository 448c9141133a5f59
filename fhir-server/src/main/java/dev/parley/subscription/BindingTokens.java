// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.db.Database;
import dev.parley.db.Rows;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The tokens with which a socket is bound to subscriptions (B-46 to B-48): 256 random bits, for one
 * caller and certain subscriptions. Only their hashes are stored.
 */
public final class BindingTokens {
  private final Database database;
  private final Duration life;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  public BindingTokens(Database database, Duration life, Clock clock) {
    this.database = database;
    this.life = life;
    this.clock = clock;
  }

  /** A token just made; the text exists nowhere else. */
  public record Issued(String text, Instant expires) {}

  /**
   * What a token stands for.
   *
   * @param subscriptions their ids
   * @param continued whether an old token's subscriptions were already taken up by a newer one
   */
  public record Token(
      byte[] hash,
      String owner,
      String client,
      List<String> subscriptions,
      Instant expires,
      boolean continued) {

    /** Whether this caller may use it: the one for whom it was issued. */
    public boolean belongsTo(Caller caller) {
      return caller.reference().equals(owner) && caller.client().equals(client);
    }
  }

  public Issued issue(Caller caller, List<String> subscriptions) {
    byte[] bits = new byte[32];
    random.nextBytes(bits);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    Instant now = clock.instant();
    Instant expires = expires(caller, now.plus(life)).truncatedTo(ChronoUnit.SECONDS);
    String sql =
        "insert into binding_token (hash, owner, client, subscriptions, created, expires)"
            + " values (?, ?, ?, ?, ?, ?)";
    database.run(
        connection -> {
          Rows.change(
              connection,
              sql,
              hash(text),
              caller.reference(),
              caller.client(),
              subscriptions.toArray(String[]::new),
              now,
              expires);
        });
    return new Issued(text, expires);
  }

  /** Never past the access token it was asked for with. */
  private static Instant expires(Caller caller, Instant latest) {
    Instant login = caller.session() == null ? null : caller.session().expires();
    return login == null || latest.isBefore(login) ? latest : login;
  }

  /** The token of this text, if it was ever issued and is still remembered; it may have expired. */
  public Optional<Token> find(String text) {
    return database.with(connection -> find(hash(text), connection));
  }

  private static Optional<Token> find(byte[] hash, Connection connection) throws SQLException {
    String sql =
        "select owner, client, subscriptions, expires, continued from binding_token where hash = ?";
    return Rows.first(
        connection,
        sql,
        row ->
            new Token(
                hash,
                row.getString(1),
                row.getString(2),
                List.of((String[]) row.getArray(3).getArray()),
                row.getTimestamp(4).toInstant(),
                row.getBoolean(5)),
        hash);
  }

  /** Whether the token is good for a bind now. */
  public boolean good(Token token) {
    return clock.instant().isBefore(token.expires());
  }

  /** Claims an old token for the one subscription that continues it; false if another did. */
  public boolean continueOnce(Token token) {
    String sql = "update binding_token set continued = true where hash = ? and not continued";
    return database.with(
        connection -> {
          return Rows.change(connection, sql, token.hash()) == 1;
        });
  }

  /** Forgets tokens that expired before this moment. */
  void forget(Instant before) {
    database.run(
        connection -> {
          Rows.change(connection, "delete from binding_token where expires < ?", before);
        });
  }

  /** An answer for a token that is unknown or expired never says which (B-53). */
  public static Refusal refused() {
    return Refusal.forbidden("binding-token", "The token is not good; fetch a new one");
  }

  private static byte[] hash(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
