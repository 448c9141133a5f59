// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;

/** Where a command gets the tokens that it sends; null where none is needed, or known of. */
public interface Login extends Supplier<String> {
  Login NONE = () -> null;

  /** Whether {@link #get} gives another token now: the last one was refused. */
  default boolean renew() {
    return false;
  }

  /** One that was given. */
  static Login token(String token) {
    return () -> token;
  }

  /**
   * The demo provider of a server on this machine, if it has one.
   *
   * @param url of the server, whichever of its paths
   * @param subject whom the tokens are for: a reference, name or role, or {@link
   *     CommandLineKey#SYSTEM}
   */
  static Login local(String url, String subject) {
    try {
      URI address = URI.create(url);
      if (address.getHost() == null
          || !InetAddress.getByName(address.getHost()).isLoopbackAddress()) {
        return NONE;
      }
      String root = address.getScheme() + "://" + address.getRawAuthority();
      Optional<LocalLogin> provider = LocalLogin.at(root);
      return provider.isPresent() ? new KeptToken(() -> provider.get().token(subject, null)) : NONE;
    } catch (IOException | IllegalArgumentException e) {
      // Whoever sends the first request learns that nothing answers there.
      return NONE;
    }
  }
}
