// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Set;

/**
 * Looks at the Origin of an upgrade (B-56): pages of other sites may not open the socket with their
 * visitor's browser. Programs send none.
 */
final class Gate extends HttpFilter {
  private static final long serialVersionUID = 1L;

  private final transient Set<String> allowed;

  /**
   * @param allowed origins besides the server's own, as "https://app.example.org"
   */
  Gate(Set<String> allowed) {
    this.allowed = allowed;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String origin = request.getHeader("Origin");
    if (origin == null || allowed.contains(origin) || own(origin, request.getHeader("Host"))) {
      chain.doFilter(request, response);
    } else {
      response.sendError(403, "This origin may not open the socket");
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
