// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.launcher.client.Login;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Tokens for the servers that want one; connections to them are made in many places. */
final class Logins {
  private static final Map<String, Login> BY_SERVER = new ConcurrentHashMap<>();

  private static final Map<String, Function<String, Login>> PEOPLE = new ConcurrentHashMap<>();

  private Logins() {}

  static void put(URI server, Login login) {
    BY_SERVER.put(server.getRawAuthority(), login);
  }

  /**
   * Where people's tokens for a server come from, by reference; from its demo log-in if not told.
   */
  static void people(URI server, Function<String, Login> logins) {
    PEOPLE.put(server.getRawAuthority(), logins);
  }

  /** Somebody's login; without a token if there is none for people. */
  static Login of(URI server, String person) {
    return PEOPLE
        .getOrDefault(server.getRawAuthority(), who -> Login.local(server.toString(), who))
        .apply(person);
  }

  /** The token for a server's requests, or null. */
  static String token(URI server) {
    Login login = BY_SERVER.get(server.getRawAuthority());
    return login == null ? null : login.get();
  }
}
