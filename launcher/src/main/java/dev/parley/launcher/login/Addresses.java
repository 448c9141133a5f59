// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Where the demo provider is.
 *
 * @param url of the whole server, without a slash at the end
 * @param aliases other addresses of this machine that lead to it
 */
record Addresses(String url, Set<String> aliases) {
  static final String ISSUER_PATH = "/oauth2";

  /**
   * @param url under which clients reach the server
   * @param port where it listens
   */
  static Addresses of(String url, int port) {
    Set<String> aliases = new LinkedHashSet<>();
    aliases.add(url);
    for (String host : Set.of("127.0.0.1", "localhost", "[::1]")) {
      aliases.add("http://" + host + ":" + port);
    }
    return new Addresses(url, aliases);
  }

  String issuer() {
    return url + ISSUER_PATH;
  }

  String fhir() {
    return url + "/fhir/R4";
  }

  /** Whether an address is that of a path of this server, under whichever of its names. */
  boolean is(String address, String path) {
    return address != null
        && aliases.stream().anyMatch(a -> address.replaceAll("/+$", "").equals(a + path));
  }

  /** Whether a Host header names this machine: a page elsewhere may have its own name lead here. */
  boolean isHost(String host) {
    return host != null
        && aliases.stream().map(URI::create).anyMatch(a -> a.getRawAuthority().equals(host));
  }
}
