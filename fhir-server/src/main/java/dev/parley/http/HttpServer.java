// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.auth.SmartConfiguration;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.server.handler.ContextHandlerCollection;
import org.eclipse.jetty.server.handler.CrossOriginHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The one Jetty of a process. The port is bound first, so that the rest can be made with the right
 * addresses; requests are taken only after {@link #start}.
 */
public final class HttpServer implements AutoCloseable {
  private static final int THREADS = 64;
  private static final long IDLE_AT_STOP_MILLIS = 50;
  private static final long DRAIN_MILLIS = 5_000;
  private static final long STS_SECONDS = 31_536_000;

  private final Server server;
  private final ServerConnector connector;
  private final Tls tls;

  private HttpServer(Server server, ServerConnector connector, Tls tls) {
    this.server = server;
    this.connector = connector;
    this.tls = tls;
  }

  /**
   * Binds the port.
   *
   * @throws PortTaken if it cannot be bound
   */
  public static HttpServer bind(Config config) {
    QueuedThreadPool threads = new QueuedThreadPool(THREADS);
    threads.setName("http");
    Server server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    if (config.isSet(Setting.PARLEY_TRUSTED_PROXIES)) {
      http.addCustomizer(new TrustedProxies(config.list(Setting.PARLEY_TRUSTED_PROXIES)));
    }
    Tls tls = Tls.of(config);
    ServerConnector connector = connector(server, http, tls);
    connector.setHost(config.text(Setting.PARLEY_HOST));
    connector.setPort(config.number(Setting.PARLEY_PORT));
    connector.setAcceptQueueSize(1024);
    // A connection that nothing comes over would hold up every stop for Jetty's whole second.
    connector.setShutdownIdleTimeout(IDLE_AT_STOP_MILLIS);
    server.addConnector(connector);
    server.setStopTimeout(DRAIN_MILLIS);
    server.setErrorHandler(new PlainErrors());
    try {
      connector.open();
    } catch (IOException e) {
      throw new PortTaken(
          "Cannot listen on %s port %s: %s; choose another with --port"
              .formatted(
                  config.text(Setting.PARLEY_HOST),
                  config.text(Setting.PARLEY_PORT),
                  e.getCause() == null ? e.getMessage() : e.getCause().getMessage()),
          e);
    }
    return new HttpServer(server, connector, tls);
  }

  private static ServerConnector connector(Server server, HttpConfiguration http, Tls tls) {
    if (tls == null) {
      return new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    }
    // Which names it has is for the operator's certificate to say; browsers keep to https.
    SecureRequestCustomizer secure = new SecureRequestCustomizer(false);
    secure.setStsMaxAge(STS_SECONDS);
    http.addCustomizer(secure);
    return new ServerConnector(
        server,
        1,
        1,
        new SslConnectionFactory(tls.factory(), HttpVersion.HTTP_1_1.asString()),
        new HttpConnectionFactory(http));
  }

  public int port() {
    return connector.getLocalPort();
  }

  /** Begins to serve these handlers, the first that fits a path. */
  public void start(List<ContextHandler> handlers) {
    server.setHandler(
        new GracefulHandler(new ContextHandlerCollection(handlers.toArray(ContextHandler[]::new))));
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException("The HTTP server does not start", e);
    }
  }

  static ContextHandler fhir(
      FhirServlet servlet,
      SmartConfiguration smart,
      String path,
      Optional<CrossOriginHandler> origins) {
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath(path);
    // POST [base] without a trailing slash is every batch: no redirect that drops the body.
    context.setAllowNullPathInContext(true);
    ServletHolder holder = new ServletHolder(servlet);
    holder.setInitOrder(1);
    context.addServlet(holder, "/*");
    if (smart != null) {
      context.addServlet(new ServletHolder(smart), "/.well-known/smart-configuration");
    }
    origins.ifPresent(context::insertHandler);
    return context;
  }

  static ContextHandler health(Health health) {
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath("/");
    ServletHolder holder = new ServletHolder(health);
    context.addServlet(holder, "/health/live");
    context.addServlet(holder, "/health/ready");
    context.addServlet(holder, "/metrics");
    return context;
  }

  /** Takes no new requests, lets those under way end, then stops. */
  @Override
  public void close() {
    if (tls != null) {
      tls.close();
    }
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("The HTTP server does not stop", e);
    }
  }

  /** The address is in use, or not ours. */
  public static final class PortTaken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PortTaken(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
