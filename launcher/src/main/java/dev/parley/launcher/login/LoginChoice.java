// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.terminal.PlainError;
import java.net.URI;

/**
 * Who says who people are: an issuer by setting; or the demo provider, over the demo hospital and
 * on this machine only; or nobody, where that was asked for.
 */
public enum LoginChoice {
  ISSUER,
  DEMO,
  NONE;

  private static final String WAY_OUT =
      "set PARLEY_ISSUER to the OpenID Connect issuer that knows your people (docs/features/login.md)";

  /**
   * For {@code up}; whether the data folder is the demo hospital's is for the caller to look.
   *
   * @param noDemo whether it was told to start without the demo hospital
   * @param insecure whether the demo log-in was asked for all the same
   * @throws PlainError if there is no way to log in that is allowed here
   */
  public static LoginChoice of(Config config, boolean noDemo, boolean insecure) {
    if (hasIssuer(config)) {
      if (insecure) {
        throw new PlainError(
            "an issuer is set, so there is no demo log-in; leave out --insecure-demo-login");
      }
      return ISSUER;
    }
    if (config.isTrue(Setting.PARLEY_INSECURE_NO_LOGIN)) {
      requireLocal(config);
      return NONE;
    }
    if (!isLocal(config)) {
      throw new PlainError(
          "the demo log-in is for this machine alone, and %s is reached from others; %s"
              .formatted(reachedAt(config), WAY_OUT));
    }
    if (config.isSet(Setting.PARLEY_TLS_CERTIFICATE)) {
      throw new PlainError("the demo log-in speaks plain http, without TLS; " + WAY_OUT);
    }
    if (!insecure && noDemo) {
      throw refusal("--no-demo");
    }
    if (!insecure && config.isSet(Setting.PARLEY_JDBC_URL)) {
      throw refusal("a database of yours");
    }
    return DEMO;
  }

  /** Why there is no demo log-in, and what to do. */
  public static PlainError refusal(String with) {
    return new PlainError(
        "with %s there is no demo log-in; %s, or try it out with --insecure-demo-login"
            .formatted(with, WAY_OUT));
  }

  /**
   * For a server or bridge of its own.
   *
   * @throws PlainError if nobody says who people are
   */
  public static void require(Config config) {
    if (hasIssuer(config)) {
      return;
    }
    if (!config.isTrue(Setting.PARLEY_INSECURE_NO_LOGIN)) {
      throw new PlainError("nobody can log in; " + WAY_OUT);
    }
    requireLocal(config);
  }

  private static void requireLocal(Config config) {
    if (!isLocal(config)) {
      throw new PlainError(
          "PARLEY_INSECURE_NO_LOGIN is for this machine alone, and %s is reached from others; %s"
              .formatted(reachedAt(config), WAY_OUT));
    }
  }

  private static boolean hasIssuer(Config config) {
    return config.isSet(Setting.PARLEY_ISSUER) || config.isSet(Setting.PARLEY_INTROSPECTION_URL);
  }

  private static boolean isLocal(Config config) {
    return Loopback.is(config.text(Setting.PARLEY_HOST))
        && (!config.isSet(Setting.PARLEY_PUBLIC_URL)
            || Loopback.is(URI.create(config.text(Setting.PARLEY_PUBLIC_URL)).getHost()));
  }

  private static String reachedAt(Config config) {
    return config.isSet(Setting.PARLEY_PUBLIC_URL)
        ? config.text(Setting.PARLEY_PUBLIC_URL)
        : config.text(Setting.PARLEY_HOST);
  }
}
