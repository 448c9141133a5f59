// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import dev.parley.access.Caller;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.security.Principal;

/** Who opened a socket, as the upgrade's Authorization header said. */
record Visitor(Caller caller) implements Principal {

  /** The same request, made by this caller. */
  static HttpServletRequest on(HttpServletRequest request, Caller caller) {
    return new HttpServletRequestWrapper(request) {
      @Override
      public Principal getUserPrincipal() {
        return new Visitor(caller);
      }
    };
  }

  @Override
  public String getName() {
    return caller.reference();
  }
}
