// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.access.Refusal;
import dev.parley.store.ResourceTypes;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.List;

/** Which methods a URL takes: 405 with Allow for others, 404 for an unknown type. */
final class Methods {
  private static final String READS = "GET, HEAD";
  private static final String SEARCHES = "GET, HEAD, POST";

  private Methods() {}

  static void check(HttpServletRequest request, ResourceTypes types) {
    String path = request.getPathInfo() == null ? "" : request.getPathInfo();
    List<String> parts = Arrays.stream(path.split("/")).filter(p -> !p.isEmpty()).toList();
    if (path.contains("$") || request.getMethod().equals("OPTIONS")) {
      return;
    }
    String allowed = parts.isEmpty() ? SEARCHES : allowed(parts, types);
    if (!Arrays.asList(allowed.split(", ")).contains(request.getMethod())) {
      throw Refusal.notAllowed(
              "method", request.getMethod() + " is not for this URL; it takes " + allowed)
          .with("Allow", allowed);
    }
  }

  private static String allowed(List<String> parts, ResourceTypes types) {
    String first = parts.get(0);
    if (first.equals("metadata") || first.equals("_history")) {
      return READS;
    }
    if (first.equals("_search")) {
      return "POST";
    }
    if (!types.knows(first)) {
      throw Refusal.notFound(
          first.matches("[A-Za-z]{1,40}") ? "The resource type " + first : "That URL");
    }
    if (parts.size() == 1) {
      return "GET, HEAD, POST, PUT, PATCH, DELETE";
    }
    String second = parts.get(1);
    if (parts.size() == 2) {
      return switch (second) {
        case "_search" -> SEARCHES;
        case "_history" -> READS;
        default -> "GET, HEAD, PUT, PATCH, DELETE";
      };
    }
    String last = parts.get(parts.size() - 1);
    return last.equals("_search") ? SEARCHES : READS;
  }
}
