// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import dev.parley.config.Config;
import java.util.List;
import org.eclipse.jetty.server.handler.ContextHandler;

/** Something else that is served on the same port: the WebSocket bridge, a web client. */
public interface Mount {
  /** Makes the handlers; called once, before the server takes requests. */
  List<ContextHandler> mount(Wiring wiring);

  /**
   * The settings that the server is made with, once its port is known: for a mount that is
   * something to the server, as its issuer.
   *
   * @param publicUrl where clients find the server, without a slash at the end
   */
  default Config settings(Config bound, String publicUrl) {
    return bound;
  }

  /** Called first when the server stops: tell clients, and let go of them. */
  default void drain() {}
}
