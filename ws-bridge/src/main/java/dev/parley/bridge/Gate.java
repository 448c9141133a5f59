// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Base64;
import java.util.Set;
import java.util.function.Function;

/**
 * Looks at an upgrade before Jetty does: what RFC 6455 demands of its headers, and the Origin
 * (B-56): pages of other sites may not open the socket with their visitor's browser. Programs send
 * none.
 */
final class Gate extends HttpFilter {
  private static final long serialVersionUID = 1L;

  private final transient Set<String> allowed;
  private final transient Function<HttpServletRequest, Caller> login;

  /**
   * @param allowed origins besides the server's own, as "https://app.example.org"
   * @param login who opens it, if the request says so
   */
  Gate(Set<String> allowed, Function<HttpServletRequest, Caller> login) {
    this.allowed = allowed;
    this.login = login;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String origin = request.getHeader("Origin");
    if (origin != null && !allowed.contains(origin) && !own(origin, request.getHeader("Host"))) {
      response.sendError(403, "This origin may not open the socket");
    } else if (request.getHeader("Sec-WebSocket-Version") != null
        && !"13".equals(request.getHeader("Sec-WebSocket-Version"))) {
      response.setHeader("Sec-WebSocket-Version", "13");
      response.sendError(426, "Version 13 of the protocol is spoken here");
    } else if (!nonce(request.getHeader("Sec-WebSocket-Key"))) {
      response.sendError(400, "Sec-WebSocket-Key is 16 octets in base64");
    } else {
      admit(request, response, chain);
    }
  }

  /** Programs may say who they are, and bind by id then; what is bound by token needs none. */
  private void admit(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean says =
        request.getHeader("Authorization") != null
            || String.valueOf(request.getQueryString()).contains("access_token=");
    try {
      chain.doFilter(says ? Visitor.on(request, login.apply(request)) : request, response);
    } catch (Refusal refusal) {
      refusal.headers().forEach(response::setHeader);
      response.sendError(refusal.status(), refusal.getMessage());
    }
  }

  private static boolean nonce(String key) {
    try {
      return key != null && Base64.getDecoder().decode(key.strip()).length == 16;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean own(String origin, String host) {
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
