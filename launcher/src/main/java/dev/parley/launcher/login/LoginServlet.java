// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** Hands requests to the endpoints, and turns refusals into OAuth's words. */
final class LoginServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper JSON = new ObjectMapper();
  private final transient Map<String, Endpoint> endpoints;
  private final transient Addresses addresses;
  private final transient Set<String> origins;

  /** What answers requests for one path. */
  interface Endpoint {
    void answer(Exchange exchange) throws IOException;
  }

  /**
   * @param endpoints by method and whole path
   * @param origins of web pages that may ask for tokens
   */
  LoginServlet(Map<String, Endpoint> endpoints, Addresses addresses, Set<String> origins) {
    this.endpoints = endpoints;
    this.addresses = addresses;
    this.origins = origins;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Exchange exchange = new Exchange(request, response);
    exchange.set("Cache-Control", "no-store");
    exchange.set("Pragma", "no-cache");
    exchange.set("X-Content-Type-Options", "nosniff");
    exchange.set("Referrer-Policy", "same-origin");
    try {
      if (!addresses.isHost(request.getHeader("Host"))) {
        throw OAuthError.request("this host name is not served here");
      }
      origin(request, exchange);
      if (request.getMethod().equals("OPTIONS")) {
        response.setStatus(204);
        return;
      }
      endpoint(request).answer(exchange);
    } catch (OAuthError e) {
      refuse(exchange, e);
    }
  }

  private Endpoint endpoint(HttpServletRequest request) {
    String method = request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
    Endpoint endpoint = endpoints.get(method + " " + request.getRequestURI());
    if (endpoint == null) {
      throw OAuthError.unknown();
    }
    return endpoint;
  }

  /** Discovery is for everybody (E-21); tokens for the pages of registered apps. */
  private void origin(HttpServletRequest request, Exchange exchange) {
    String origin = request.getHeader("Origin");
    if (origin == null) {
      return;
    }
    String path = request.getRequestURI();
    if (path.contains("/.well-known/") || path.endsWith("/jwks")) {
      exchange.set("Access-Control-Allow-Origin", "*");
      return;
    }
    exchange.set("Vary", "Origin");
    if (origins.contains(origin) || origins.contains("*")) {
      exchange.set("Access-Control-Allow-Origin", origin);
      exchange.set("Access-Control-Allow-Credentials", "true");
      exchange.set("Access-Control-Allow-Methods", "GET, POST");
      exchange.set("Access-Control-Allow-Headers", "authorization, content-type, x-medplum");
    }
  }

  private static void refuse(Exchange exchange, OAuthError error) throws IOException {
    if (error.status() == 401) {
      boolean basic = error.error().equals("invalid_client");
      exchange.set(
          "WWW-Authenticate",
          basic ? "Basic realm=\"parley\"" : "Bearer error=\"" + error.error() + "\"");
    }
    exchange.json(
        error.status(),
        JSON.createObjectNode()
            .put("error", error.error())
            .put("error_description", error.getMessage()));
  }
}
