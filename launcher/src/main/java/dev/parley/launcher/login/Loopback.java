// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Whether a host is this machine and nothing else reaches it. */
final class Loopback {
  private Loopback() {}

  static boolean is(String host) {
    try {
      return host != null && InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
