// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

/** A refusal in OAuth's words (RFC 6749, 4.1.2.1 and 5.2). */
final class OAuthError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int status;
  private final String error;

  private OAuthError(int status, String error, String description) {
    super(description, null, false, false);
    this.status = status;
    this.error = error;
  }

  static OAuthError of(String error, String description) {
    return new OAuthError(400, error, description);
  }

  static OAuthError request(String description) {
    return of("invalid_request", description);
  }

  static OAuthError grant(String description) {
    return of("invalid_grant", description);
  }

  static OAuthError client(String description) {
    return new OAuthError(401, "invalid_client", description);
  }

  static OAuthError token() {
    return new OAuthError(401, "invalid_token", "the token is not good");
  }

  static OAuthError unknown() {
    return new OAuthError(404, "not_found", "there is nothing here for this method");
  }

  int status() {
    return status;
  }

  String error() {
    return error;
  }
}
