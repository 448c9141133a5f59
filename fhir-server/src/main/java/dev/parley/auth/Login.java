// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import dev.parley.access.Caller;
import dev.parley.config.Config;
import dev.parley.config.Config.WrongSettings;
import dev.parley.config.Setting;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The login as the settings say: who asks, and what is published of it. Made before the store,
 * which knows the people.
 */
public final class Login {
  private final Function<HttpServletRequest, Caller> callers;
  private final SmartConfiguration smart;

  private Login(Function<HttpServletRequest, Caller> callers, SmartConfiguration smart) {
    this.callers = callers;
    this.smart = smart;
  }

  /**
   * @param base the FHIR base, without a slash at the end
   * @throws WrongSettings if the settings do not fit each other
   */
  public static Login of(Config config, String base, Clock clock) {
    boolean opaque = config.isSet(Setting.PARLEY_INTROSPECTION_URL);
    if (!config.isSet(Setting.PARLEY_ISSUER) && !opaque) {
      return new Login(request -> Caller.ANYONE, null);
    }
    List<Issuer> issuers = issuers(config);
    TokenVerifier verifier = new TokenVerifier(config, issuers, base, clock);
    Introspection introspection = opaque ? new Introspection(config) : null;
    return new Login(
        new BearerLogin(new Tokens(verifier, introspection, clock), new Callers(config, base)),
        issuers.isEmpty() ? null : new SmartConfiguration(issuers.get(0)));
  }

  /** Who asks; throws a Refusal, 401 with WWW-Authenticate, if the request does not say. */
  public Function<HttpServletRequest, Caller> callers() {
    return callers;
  }

  /** What clients are told of the issuer; null if there is none. */
  public SmartConfiguration smart() {
    return smart;
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
