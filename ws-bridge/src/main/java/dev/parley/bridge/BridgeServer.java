// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.Mount;
import dev.parley.Wiring;
import dev.parley.config.Setting;
import dev.parley.presence.Company;
import dev.parley.presence.Signs;
import jakarta.servlet.DispatcherType;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.ee11.websocket.servlet.WebSocketUpgradeFilter;
import org.eclipse.jetty.server.handler.ContextHandler;

/**
 * The live channel: the endpoint {@code /ws/subscriptions-r4}, on the connector of whoever mounts
 * it.
 */
public final class BridgeServer implements Mount {
  private static final String CONTEXT = "/ws";
  private static final String PATH = "/subscriptions-r4";
  private static final int MESSAGE_BYTES = 16 * 1024;

  private Sockets sockets;
  private Signs signs;

  @Override
  public List<ContextHandler> mount(Wiring wiring) {
    Whereabouts whereabouts =
        new Whereabouts(
            new Company(wiring.database(), wiring.clock()),
            sign -> signs.send(sign),
            () -> signs.drop(1));
    signs = new Signs(wiring.config(), whereabouts::heard, wiring.metrics());
    signs.start();
    sockets =
        new Sockets(
            wiring.feed(),
            whereabouts,
            wiring.clock(),
            wiring.config().number(Setting.PARLEY_SOCKET_LIMIT),
            wiring.metrics());
    wiring.endedLogins().listen((person, reason) -> sockets.loggedOff(person));
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath(CONTEXT);
    context.addFilter(
        new FilterHolder(
            new Gate(
                origins(wiring.config().text(Setting.PARLEY_SOCKET_ORIGINS)),
                wiring.login().callers())),
        "/*",
        EnumSet.of(DispatcherType.REQUEST));
    // Named as Jetty would name it, so that it is not put before the gate.
    FilterHolder upgrade = new FilterHolder(new WebSocketUpgradeFilter());
    upgrade.setName(WebSocketUpgradeFilter.class.getName());
    upgrade.setAsyncSupported(true);
    context.addFilter(upgrade, "/*", EnumSet.of(DispatcherType.REQUEST));
    JakartaWebSocketServletContainerInitializer.configure(
        context,
        (servlet, container) -> {
          container.setDefaultMaxTextMessageBufferSize(MESSAGE_BYTES);
          container.setDefaultMaxBinaryMessageBufferSize(MESSAGE_BYTES);
          container.addEndpoint(
              ServerEndpointConfig.Builder.create(SubscriptionEndpoint.class, PATH)
                  .configurator(new Endpoints(wiring, sockets))
                  .build());
        });
    return List.of(context);
  }

  private static Set<String> origins(String setting) {
    return Stream.of(setting.split("[,\\s]+"))
        .filter(o -> !o.isEmpty())
        .collect(Collectors.toSet());
  }

  /** A new endpoint for each connection. */
  private static final class Endpoints extends ServerEndpointConfig.Configurator {
    private final Wiring wiring;
    private final Sockets sockets;

    Endpoints(Wiring wiring, Sockets sockets) {
      this.wiring = wiring;
      this.sockets = sockets;
    }

    @Override
    public <T> T getEndpointInstance(Class<T> type) {
      return type.cast(
          new SubscriptionEndpoint(
              sockets, wiring.tokens(), wiring.dialects(), wiring.login().isThere()));
    }

    @Override
    public boolean checkOrigin(String origin) {
      // The gate has looked already, with the Host header beside it.
      return true;
    }
  }

  @Override
  public void drain() {
    sockets.drain();
    sockets.close();
    signs.close();
  }
}
