// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.store.ResourceTypes;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The searches whose URLs HAPI has no place for, turned into a type search with a scope beside it:
 * {@code Patient/1/Communication} and searches of the whole system.
 */
final class Routes {
  static final String SCOPE = "parley.scope";
  private static final Set<String> COMPARTMENTS =
      Set.of("Patient", "Practitioner", "RelatedPerson", "Device", "Encounter");
  private static final Pattern COMPARTMENT =
      Pattern.compile("/([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})/([A-Z][A-Za-z]+|\\*)(/_search)?/?");
  private static final Pattern SYSTEM = Pattern.compile("(/_search)?/?");

  private final ResourceTypes types;

  Routes(ResourceTypes types) {
    this.types = types;
  }

  /**
   * What a search is limited to.
   *
   * @param type null for all types
   * @param compartment "Patient/1", or null
   */
  record Scope(String type, String compartment) {}

  HttpServletRequest route(HttpServletRequest request) {
    String path = request.getPathInfo() == null ? "" : request.getPathInfo();
    boolean get = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    boolean form = request.getMethod().equals("POST") && path.contains("/_search");
    if (!get && !form) {
      return request;
    }
    Matcher compartment = COMPARTMENT.matcher(path);
    if (compartment.matches() && COMPARTMENTS.contains(compartment.group(1))) {
      String type = compartment.group(3);
      if (type.equals("*") || types.knows(type)) {
        String owner = compartment.group(1) + "/" + compartment.group(2);
        return scoped(request, new Scope(type.equals("*") ? null : type, owner), form);
      }
    }
    if (SYSTEM.matcher(path).matches()) {
      return scoped(request, new Scope(null, null), form);
    }
    return request;
  }

  private static HttpServletRequest scoped(HttpServletRequest request, Scope scope, boolean form) {
    request.setAttribute(SCOPE, scope);
    String path =
        "/" + (scope.type() == null ? "Communication" : scope.type()) + (form ? "/_search" : "");
    String before =
        request.getContextPath()
            + (request.getServletPath() == null ? "" : request.getServletPath());
    return new HttpServletRequestWrapper(request) {
      @Override
      public String getPathInfo() {
        return path;
      }

      @Override
      public String getRequestURI() {
        return before + path;
      }

      @Override
      public StringBuffer getRequestURL() {
        StringBuffer url = super.getRequestURL();
        return url.replace(url.indexOf(before, 8), url.length(), before + path);
      }
    };
  }

  static String firstSegment(HttpServletRequest request) {
    String path = request.getPathInfo() == null ? "" : request.getPathInfo();
    int from = path.startsWith("/") ? 1 : 0;
    int to = path.indexOf('/', from);
    return path.substring(from, to < 0 ? path.length() : to);
  }
}
