// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where rest-hooks may go: https to public addresses, and anything to the hosts that the operator
 * names. A subscriber must not make this server knock at doors of the inner network; so a name is
 * looked at again when it is called, by the address it has then.
 *
 * @param hosts that may be called without TLS and at private addresses
 * @param loopback whether this machine may be called: only where nobody else reaches this server
 */
public record Endpoints(Set<String> hosts, boolean loopback) {

  public static Endpoints of(Config config) {
    return new Endpoints(
        config.list(Setting.PARLEY_REST_HOOK_HOSTS).stream()
            .map(host -> host.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet()),
        isLoopback(config.text(Setting.PARLEY_HOST)) && !isBehindProxy(config));
  }

  /** Where a proxy on this machine lets others in, loopback is no sign of being alone. */
  private static boolean isBehindProxy(Config config) {
    if (config.isSet(Setting.PARLEY_TRUSTED_PROXIES)) {
      return true;
    }
    String shown = URI.create(config.text(Setting.PARLEY_PUBLIC_URL)).getHost();
    return shown != null && !(isLiteral(shown) && isLoopback(shown));
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
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
          "A rest-hook goes to an https address that is public, or to a host that"
              + " PARLEY_REST_HOOK_HOSTS names",
          "channel.endpoint");
    }
  }

  boolean allowed(String endpoint) {
    try {
      URI uri = new URI(endpoint);
      if (uri.getHost() == null || uri.getUserInfo() != null || uri.getPort() > 65_535) {
        return false;
      }
      String host = uri.getHost().toLowerCase(Locale.ROOT);
      boolean own = loopback && isLiteral(host) && isLoopback(host);
      boolean named = hosts.contains(host);
      if ("http".equalsIgnoreCase(uri.getScheme())) {
        return own || named;
      }
      // What a name stands for is asked when it is called: a write waits for no name server.
      return "https".equalsIgnoreCase(uri.getScheme())
          && (own || named || !isLiteral(host) || isPublic(host));
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Whether both are at the same scheme, host and port; either may be null. */
  static boolean sameOrigin(String one, String other) {
    if (one == null || other == null) {
      return one == null && other == null;
    }
    URI a = URI.create(one);
    URI b = URI.create(other);
    return a.getScheme().equalsIgnoreCase(b.getScheme())
        && a.getHost().equalsIgnoreCase(b.getHost())
        && a.getPort() == b.getPort();
  }

  /** Whether the address that a host has now may be called; asks the name server. */
  boolean open(URI target) {
    if (target.getHost() == null) {
      return false;
    }
    String host = target.getHost().toLowerCase(Locale.ROOT);
    return hosts.contains(host) || loopback && isLoopback(host) || isPublic(host);
  }

  /** An address, or the one name that needs no name server. */
  private static boolean isLiteral(String host) {
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || host.startsWith("[")
        || host.matches("[0-9.]+");
  }

  private static boolean isPublic(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!isPublic(address)) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (address instanceof Inet6Address) {
      // Unique local; and what carries an IPv4 address inside, by NAT64 or 6to4.
      return (first & 0xfe) != 0xfc
          && !(first == 0x00 && second == 0x64)
          && !(first == 0x20 && second == 0x02)
          && first != 0x00;
    }
    // This network, carriers' NAT, protocol assignments, benchmarks, reserved.
    return first != 0
        && !(first == 100 && (second & 0xc0) == 64)
        && !(first == 192 && second == 0 && bytes[2] == 0)
        && !(first == 198 && (second & 0xfe) == 18)
        && first < 240;
  }
}
