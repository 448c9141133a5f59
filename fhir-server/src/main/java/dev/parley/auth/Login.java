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

/** Puts the login together as the settings say. */
public final class Login {
  private Login() {}

  /**
   * Who asks, by request.
   *
   * @param base the FHIR base, without a slash at the end
   * @throws WrongSettings if the settings do not fit each other
   */
  public static Function<HttpServletRequest, Caller> of(Config config, String base, Clock clock) {
    boolean opaque = config.isSet(Setting.PARLEY_INTROSPECTION_URL);
    if (!config.isSet(Setting.PARLEY_ISSUER) && !opaque) {
      return request -> Caller.ANYONE;
    }
    TokenVerifier verifier = new TokenVerifier(config, issuers(config), base, clock);
    Introspection introspection = opaque ? new Introspection(config) : null;
    return new BearerLogin(new Tokens(verifier, introspection, clock), new Callers(config, base));
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
