// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.parley.Mount;
import dev.parley.Wiring;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.launcher.client.CommandLineKey;
import dev.parley.launcher.demo.Person;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.handler.ContextHandler;

/**
 * The demo identity provider: everybody who reaches it may be anybody. It is mounted beside the
 * FHIR server and is that server's issuer; when it may run is for {@link LoginChoice} to say.
 */
public final class DemoLogin implements Mount {
  private static final Duration CODE_LIFE = Duration.ofSeconds(60);
  private static final Duration REFRESH_LIFE = Duration.ofHours(12);
  private final LoginFolder folder;
  private final Supplier<List<Person>> people;

  /**
   * @param data the data folder, where keys and clients are kept
   * @param people of the demo hospital, as far as it is there
   */
  public DemoLogin(Path data, Supplier<List<Person>> people) {
    this.folder = LoginFolder.in(data);
    this.people = people;
  }

  /** Where the systems and apps are told of that may ask for tokens. */
  public Path clientsFile() {
    return folder.file(Clients.FILE);
  }

  @Override
  public List<ContextHandler> mount(Wiring wiring) {
    Clock clock = wiring.clock();
    int port = wiring.config().number(Setting.PARLEY_PORT);
    Addresses addresses = Addresses.of(wiring.publicUrl(), port);
    Clients clients = new Clients(folder);
    SigningKeys keys = new SigningKeys(folder, clock);
    Tokens tokens = new Tokens(keys, addresses, clock);
    People who = new People(wiring.store(), people);
    OneTime<Authorize.Code> codes =
        new OneTime<>(CODE_LIFE, clock, code -> tokens.end(code.grant().session()));
    OneTime<Grant> refreshes =
        new OneTime<>(REFRESH_LIFE, clock, grant -> tokens.end(grant.session()));
    Assertions assertions = new Assertions(clients, new UsedAssertions(folder), addresses, clock);
    ClientLogin login = new ClientLogin(clients, assertions);
    Authorize authorize = new Authorize(clients, addresses, who, codes, clock);
    TokenStatus status = new TokenStatus(login, tokens, refreshes);
    JsonNode document = Discovery.document(addresses);
    String key = folder.file(CommandLineKey.FILE).toString();

    Map<String, LoginServlet.Endpoint> endpoints = new HashMap<>();
    endpoints.put("GET /.well-known/openid-configuration", e -> e.json(document));
    endpoints.put("GET /.well-known/oauth-authorization-server/oauth2", e -> e.json(document));
    endpoints.put("GET /oauth2/.well-known/openid-configuration", e -> e.json(document));
    endpoints.put("GET /oauth2/jwks", e -> e.json(json(keys)));
    endpoints.put("GET /oauth2/authorize", authorize::page);
    endpoints.put("POST /oauth2/authorize", authorize::page);
    endpoints.put("POST /oauth2/choose", authorize::choose);
    endpoints.put("GET /oauth2/login.css", e -> e.write(200, "text/css", css()));
    TokenEndpoint token =
        new TokenEndpoint(login, assertions, who, tokens, codes, refreshes, clock);
    endpoints.put("POST /oauth2/token", token::answer);
    endpoints.put("POST /oauth2/introspect", status::introspect);
    endpoints.put("POST /oauth2/revoke", status::revoke);
    endpoints.put("GET " + CommandLineKey.PATH, e -> e.json(CommandLineKey.told(key)));
    endpoints.put("GET /auth/me", new Me(tokens, who)::answer);
    LoginServlet servlet =
        new LoginServlet(endpoints, addresses, origins(clients, wiring.config()));
    return List.of(
        context("/oauth2", servlet), context("/auth", servlet), context("/.well-known", servlet));
  }

  /** It is the issuer; its keys are fetched from here, whatever the public address is. */
  @Override
  public Config settings(Config bound, String publicUrl) {
    String host = bound.text(Setting.PARLEY_HOST);
    return bound
        .with(Setting.PARLEY_ISSUER, publicUrl + Addresses.ISSUER_PATH)
        .with(
            Setting.PARLEY_ISSUER_JWKS,
            "http://%s:%s/oauth2/jwks"
                .formatted(
                    host.contains(":") ? "[" + host + "]" : host, bound.text(Setting.PARLEY_PORT)));
  }

  private static Set<String> origins(Clients clients, Config config) {
    Set<String> origins =
        new HashSet<>(Arrays.asList(config.text(Setting.PARLEY_CORS_ORIGINS).split("[,\\s]+")));
    for (Client client : clients.all()) {
      for (String redirect : client.redirects()) {
        URI address = URI.create(redirect);
        origins.add(address.getScheme() + "://" + address.getRawAuthority());
      }
    }
    return origins;
  }

  private static ContextHandler context(String path, LoginServlet servlet) {
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath(path);
    context.addServlet(new ServletHolder(servlet), "/*");
    return context;
  }

  private static JsonNode json(SigningKeys keys) {
    return new ObjectMapper().valueToTree(keys.published().toJSONObject());
  }

  private static String css() {
    try (InputStream in = DemoLogin.class.getResourceAsStream("login.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
