// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import org.eclipse.jetty.server.handler.ContextHandler;

/** Something else that is served on the same port: the WebSocket bridge, a web client. */
public interface Mount {
  /** Makes the handler; called once, before the server takes requests. */
  ContextHandler mount(Wiring wiring);

  /** Called first when the server stops: tell clients, and let go of them. */
  default void drain() {}
}
