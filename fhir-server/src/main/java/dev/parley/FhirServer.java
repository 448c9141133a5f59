// SPDX-License-Identifier: Apache-2.0
package dev.parley;

import dev.parley.auth.Login;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.http.HttpServer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.server.handler.ContextHandler;

/** A running FHIR server, with whatever is mounted beside it. */
public final class FhirServer implements AutoCloseable {
  private final HttpServer http;
  private final Wiring wiring;
  private final List<Mount> mounts;

  private FhirServer(HttpServer http, Wiring wiring, List<Mount> mounts) {
    this.http = http;
    this.wiring = wiring;
    this.mounts = mounts;
  }

  /** Binds, connects, migrates and serves. */
  public static FhirServer start(Config config, Mount... mounts) {
    return start(config, Clock.systemUTC(), mounts);
  }

  /** Health, metrics and what is mounted, without the FHIR API: another process serves that. */
  public static FhirServer startWithoutApi(Config config, Mount... mounts) {
    return start(config, Clock.systemUTC(), false, mounts);
  }

  /** The same with a clock that a test turns. */
  public static FhirServer start(Config config, Clock clock, Mount... mounts) {
    return start(config, clock, true, mounts);
  }

  private static FhirServer start(Config config, Clock clock, boolean api, Mount... mounts) {
    HttpServer http = HttpServer.bind(config);
    Wiring wiring = null;
    try {
      Config bound = config.with(Setting.PARLEY_PORT, String.valueOf(http.port()));
      for (Mount mount : mounts) {
        bound = mount.settings(bound, Wiring.publicUrl(bound));
      }
      if (api) {
        Login.require(bound);
      }
      wiring = new Wiring(bound, clock);
      List<ContextHandler> handlers = new ArrayList<>(wiring.handlers(api));
      for (Mount mount : mounts) {
        handlers.addAll(mount.mount(wiring));
      }
      http.start(handlers);
      wiring.start();
      return new FhirServer(http, wiring, List.of(mounts));
    } catch (RuntimeException e) {
      http.close();
      if (wiring != null) {
        wiring.close();
      }
      throw e;
    }
  }

  public int port() {
    return http.port();
  }

  /** The FHIR base, without a slash at the end. */
  public String base() {
    return wiring.base();
  }

  public Wiring wiring() {
    return wiring;
  }

  @Override
  public void close() {
    mounts.forEach(Mount::drain);
    http.close();
    wiring.close();
  }
}
