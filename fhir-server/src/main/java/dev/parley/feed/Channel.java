// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/** Where notifications go: a socket, a rest-hook. It pulls them from its bindings. */
public interface Channel {
  /** A binding may have something to send. Called from any thread; must not block. */
  void wake();

  /**
   * The feed has ended a binding.
   *
   * @param why "deleted" or "off"; null if the client may simply bind again
   */
  void ended(Binding binding, String why);
}
