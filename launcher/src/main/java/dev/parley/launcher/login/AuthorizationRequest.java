// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an app asks of the page (E-14, E-15), once it is known whose it is and where it leads back.
 *
 * @param parameters as they were sent, for the page to send again
 */
record AuthorizationRequest(Client client, String redirect, Map<String, String> parameters) {

  /**
   * @throws OAuthError if the browser must not be sent back: to whom is not sure
   */
  static AuthorizationRequest of(Map<String, String> parameters, Clients clients) {
    String id = parameters.get("client_id");
    Client client = id == null ? null : clients.get(id);
    if (client == null || client.redirects().isEmpty()) {
      throw OAuthError.request(
          "There is no app with this client_id; %s lists them".formatted(clients.file()));
    }
    String redirect = parameters.get("redirect_uri");
    if (redirect == null || !client.redirects().contains(redirect)) {
      throw OAuthError.request(
          "The redirect_uri is none of those that %s has for %s, to the letter"
              .formatted(clients.file(), client.id()));
    }
    return new AuthorizationRequest(client, redirect, parameters);
  }

  /**
   * @throws OAuthError which the app is told
   */
  void check(Addresses addresses) {
    if (!"code".equals(parameters.get("response_type"))) {
      throw OAuthError.of("unsupported_response_type", "response_type must be code");
    }
    if (!"S256".equals(parameters.get("code_challenge_method"))
        || !parameters.getOrDefault("code_challenge", "").matches("[A-Za-z0-9_-]{43}")) {
      throw OAuthError.request("code_challenge with code_challenge_method=S256 is needed");
    }
    if (!parameters.containsKey("state")) {
      throw OAuthError.request("state is needed");
    }
    if (!addresses.is(parameters.get("aud"), "/fhir/R4")) {
      throw OAuthError.request("aud must be " + addresses.fhir());
    }
    if (!parameters.containsKey("scope")) {
      throw OAuthError.of("invalid_scope", "scope is needed");
    }
    if ("none".equals(parameters.get("prompt"))) {
      throw OAuthError.of("login_required", "nobody is logged in");
    }
  }

  String scope() {
    return parameters.get("scope");
  }

  /** The address that tells the app. */
  String answer(Addresses addresses, String name, String value, String description) {
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put(name, value);
    answer.put("error_description", description);
    answer.put("state", parameters.get("state"));
    answer.put("iss", addresses.issuer());
    StringBuilder address = new StringBuilder(redirect);
    answer.forEach(
        (key, text) -> {
          if (text != null) {
            address.append(address.indexOf("?") < 0 ? '?' : '&').append(key).append('=');
            address.append(URLEncoder.encode(text, StandardCharsets.UTF_8));
          }
        });
    return address.toString();
  }
}
