// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.launcher.client.Login;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Tokens for the servers that want one; connections to them are made in many places. */
final class Logins {
  private static final Map<String, Login> BY_SERVER = new ConcurrentHashMap<>();

  private Logins() {}

  static void put(URI server, Login login) {
    BY_SERVER.put(server.getRawAuthority(), login);
  }

  /** The token for a server's requests, or null. */
  static String token(URI server) {
    Login login = BY_SERVER.get(server.getRawAuthority());
    return login == null ? null : login.get();
  }
}
