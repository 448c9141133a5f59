// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.config.Config;
import dev.parley.config.Config.WrongSettings;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.feed.Feed;
import dev.parley.store.References;
import dev.parley.store.ResourceStore;
import dev.parley.store.Trail;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The login as the settings say: who asks, who may not any more, what is published of it. */
public final class Login implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Login.class);

  private final Config config;
  private final String base;
  private final Clock clock;
  private final List<Issuer> issuers;
  private final Tokens tokens;
  private Function<HttpServletRequest, Caller> callers;
  private People people;
  private EndedLogins ended;
  private Sessions sessions;
  private LoginWatch watch;

  private Login(Config config, String base, Clock clock, List<Issuer> issuers, Tokens tokens) {
    this.config = config;
    this.base = base;
    this.clock = clock;
    this.issuers = issuers;
    this.tokens = tokens;
  }

  /**
   * Reads the settings; {@link #over} makes the rest when there is a store.
   *
   * @param base the FHIR base, without a slash at the end
   * @throws WrongSettings if the settings do not fit each other
   */
  public static Login of(Config config, String base, Clock clock) {
    boolean opaque = config.isSet(Setting.PARLEY_INTROSPECTION_URL);
    List<Issuer> issuers = issuers(config);
    if (issuers.isEmpty() && !opaque) {
      return new Login(config, base, clock, issuers, null);
    }
    TokenVerifier verifier = new TokenVerifier(config, issuers, base, clock);
    Introspection introspection = opaque ? new Introspection(config) : null;
    return new Login(config, base, clock, issuers, new Tokens(verifier, introspection, clock));
  }

  /**
   * Makes the part that knows people and their logins.
   *
   * @param feed whose subscribers are looked at now and then: a period may have ended
   */
  public void over(
      Database database,
      ResourceStore store,
      FhirContext fhir,
      Feed feed,
      EndedLogins logins,
      Trail trail) {
    this.ended = logins;
    if (tokens == null) {
      callers = request -> Caller.ANYONE;
      return;
    }
    References references = new References(config);
    people = new People(store, fhir, references, clock);
    logins.listen((person, reason) -> people.forget(person));
    sessions =
        new Sessions(
            database,
            Duration.ofMinutes(config.number(Setting.PARLEY_SESSION_IDLE_MINUTES)),
            Duration.ofHours(config.number(Setting.PARLEY_SESSION_HOURS)),
            clock);
    watch = new LoginWatch(database, feed, people, logins, sessions, fhir, references, clock);
    callers =
        new BearerLogin(
            tokens,
            new Callers(config, base, people, logins, sessions),
            new Rates(
                config.number(Setting.PARLEY_RATE_PER_PERSON),
                config.number(Setting.PARLEY_RATE_PER_SYSTEM),
                clock),
            trail);
  }

  /** Who asks; throws a Refusal, 401 with WWW-Authenticate, if the request does not say. */
  public Function<HttpServletRequest, Caller> callers() {
    return callers;
  }

  /** Whether this person might log in now: they are there, active, within their period, alive. */
  public boolean admits(String person) {
    try {
      return tokens == null || people.identity(person) != null;
    } catch (BadToken e) {
      return false;
    }
  }

  /** Whether there is a login at all. */
  public boolean isThere() {
    return tokens != null;
  }

  /** What clients are told of the issuer; null if there is none. */
  public SmartConfiguration smart() {
    return issuers.isEmpty() ? null : new SmartConfiguration(issuers.get(0));
  }

  public void start() {
    if (tokens != null) {
      ended.start();
      sessions.start();
      watch.start();
    }
  }

  @Override
  public void close() {
    if (tokens != null) {
      watch.close();
      sessions.close();
      ended.close();
    }
  }

  /**
   * Refuses to serve where nobody says who people are, unless that was asked for, on this machine.
   *
   * @throws WrongSettings naming the setting
   */
  public static void require(Config config) {
    if (config.isSet(Setting.PARLEY_ISSUER) || config.isSet(Setting.PARLEY_INTROSPECTION_URL)) {
      return;
    }
    if (!config.isTrue(Setting.PARLEY_INSECURE_NO_LOGIN)) {
      throw new WrongSettings(
          List.of("PARLEY_ISSUER is not set: nobody says who people are (docs/features/auth.md)"));
    }
    if (!isLocal(config.text(Setting.PARLEY_HOST))) {
      throw new WrongSettings(
          List.of(
              "PARLEY_INSECURE_NO_LOGIN is for this machine alone, and PARLEY_HOST is %s; set"
                      .formatted(config.text(Setting.PARLEY_HOST))
                  + " PARLEY_ISSUER"));
    }
    LOG.warn(
        "NO LOGIN (PARLEY_INSECURE_NO_LOGIN): everybody who reaches {}:{} may read and change"
            + " everything. Never with real patients.",
        config.text(Setting.PARLEY_HOST),
        config.text(Setting.PARLEY_PORT));
  }

  private static boolean isLocal(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static List<Issuer> issuers(Config config) {
    List<String> names = config.list(Setting.PARLEY_ISSUER);
    List<String> keys = config.list(Setting.PARLEY_ISSUER_JWKS);
    if (!keys.isEmpty() && keys.size() != names.size()) {
      throw new WrongSettings(
          List.of(
              "PARLEY_ISSUER_JWKS has %d entries, PARLEY_ISSUER %d; give one for each, or none"
                  .formatted(keys.size(), names.size())));
    }
    List<Issuer> issuers = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      issuers.add(new Issuer(names.get(i), keys.isEmpty() ? null : keys.get(i), config));
    }
    return issuers;
  }
}
