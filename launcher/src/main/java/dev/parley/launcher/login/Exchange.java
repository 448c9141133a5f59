// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** One request to the demo provider, and the ways to answer it. */
final class Exchange {
  private final HttpServletRequest request;
  private final HttpServletResponse response;

  Exchange(HttpServletRequest request, HttpServletResponse response) {
    this.request = request;
    this.response = response;
  }

  boolean isPost() {
    return request.getMethod().equals("POST");
  }

  /** A header, or null. */
  String header(String name) {
    return request.getHeader(name);
  }

  /** Parameters of a form that was posted; none may be in the address, where logs would keep it. */
  Map<String, String> form() {
    String type = request.getContentType();
    if (!isPost() || type == null || !type.startsWith("application/x-www-form-urlencoded")) {
      throw OAuthError.request("POST a form: application/x-www-form-urlencoded");
    }
    if (request.getQueryString() != null) {
      throw OAuthError.request("parameters belong into the form, not into the address");
    }
    return parameters();
  }

  /** Parameters of a form or of the address; those without a value count as absent. */
  Map<String, String> parameters() {
    Map<String, String> parameters = new HashMap<>();
    request
        .getParameterMap()
        .forEach(
            (name, values) -> {
              if (values.length > 1) {
                throw OAuthError.request(name + " is given more than once");
              }
              if (!values[0].isEmpty()) {
                parameters.put(name, values[0]);
              }
            });
    return parameters;
  }

  /** The token of an Authorization header. */
  String bearer() {
    String header = header("Authorization");
    if (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      throw OAuthError.token();
    }
    return header.substring(7).strip();
  }

  void json(JsonNode body) throws IOException {
    json(200, body);
  }

  void json(int status, JsonNode body) throws IOException {
    write(status, "application/json", body.toString());
  }

  void html(int status, String body) throws IOException {
    write(status, "text/html", body);
  }

  void write(int status, String type, String body) throws IOException {
    response.setStatus(status);
    response.setContentType(type);
    response.setCharacterEncoding("UTF-8");
    response.getWriter().write(body);
  }

  /** Sends the browser elsewhere, by GET. */
  void redirect(String address) {
    response.setStatus(303);
    response.setHeader("Location", address);
  }

  void set(String header, String value) {
    response.setHeader(header, value);
  }
}
