// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Where rest-hooks may go: https anywhere, http to the server's own machine, and to the hosts that
 * the operator names. (A subscriber must not make this server knock at doors of the inner network.)
 *
 * @param hosts additional hosts that may be called without TLS
 */
public record Endpoints(Set<String> hosts) {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

  /** From the setting: host names with commas between them. */
  public static Endpoints of(String setting) {
    return new Endpoints(
        Set.copyOf(
            List.of(setting.toLowerCase(Locale.ROOT).split("[,\\s]+")).stream()
                .filter(h -> !h.isEmpty())
                .distinct()
                .toList()));
  }

  void check(String channel, String endpoint) {
    boolean given = endpoint != null && !endpoint.isEmpty();
    if (channel.equals("websocket")) {
      if (given) {
        throw Terms.no(
            "invalid",
            "endpoint",
            "A websocket subscription has no endpoint; the client connects",
            "channel.endpoint");
      }
      return;
    }
    if (!given || !allowed(endpoint)) {
      throw Terms.no(
          "not-supported",
          "endpoint",
          "A rest-hook goes to an https address, or to http on a host that"
              + " PARLEY_REST_HOOK_HOSTS names",
          "channel.endpoint");
    }
  }

  private boolean allowed(String endpoint) {
    try {
      URI uri = new URI(endpoint);
      if (uri.getHost() == null || uri.getUserInfo() != null || uri.getPort() > 65_535) {
        return false;
      }
      String host = uri.getHost().toLowerCase(Locale.ROOT);
      return "https".equalsIgnoreCase(uri.getScheme())
          || "http".equalsIgnoreCase(uri.getScheme())
              && (LOOPBACK.contains(host) || hosts.contains(host));
    } catch (java.net.URISyntaxException e) {
      return false;
    }
  }
}
