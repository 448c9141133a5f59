// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes;
import dev.parley.store.Trace;
import dev.parley.store.Trail;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out from a request's bearer token who asks (E-31 to E-37). */
public final class BearerLogin implements Function<HttpServletRequest, Caller> {
  private static final String SCHEME = "Bearer ";
  private static final String SIGNS = "._~+/-";
  private static final Pattern IN_URL = Pattern.compile("(^|&)access_token=");
  private static final Pattern PURPOSE =
      Pattern.compile("([A-Z]{2,20})\\s*(?:;\\s*reason=(.{1,1000}))?");

  /** Somebody unknown, who may do nothing: what is open to all asks nobody. */
  private static final Caller NOBODY =
      new Caller("nobody", "none", Caller.Kind.SYSTEM, Scopes.NONE, null, Set.of(), 0, null, null);

  private final Tokens tokens;
  private final Callers callers;
  private final Rates rates;
  private final Trail trail;

  BearerLogin(Tokens tokens, Callers callers, Rates rates, Trail trail) {
    this.tokens = tokens;
    this.callers = callers;
    this.rates = rates;
    this.trail = trail;
  }

  /**
   * @throws Refusal 401 with WWW-Authenticate; 429 with Retry-After; 503 if the issuer is needed
   *     and does not answer
   */
  @Override
  public Caller apply(HttpServletRequest request) {
    if (open(request)) {
      return NOBODY;
    }
    try {
      Callers.Admitted admitted = callers.admit(tokens.claims(token(request)));
      rates.count(admitted.caller());
      Caller caller = admitted.caller().asking(purpose(request));
      if (admitted.begins()) {
        trail.record(
            Trace.of(caller, new Origin(request.getRemoteAddr(), null), Trace.Action.LOGIN));
      }
      return caller;
    } catch (BadToken e) {
      throw unauthorized("invalid-token", e.getMessage());
    }
  }

  /** E-37: the statement of what there is, and nothing else. */
  private static boolean open(HttpServletRequest request) {
    boolean get = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    return get && "/metadata".equals(request.getPathInfo());
  }

  private static String token(HttpServletRequest request) throws BadToken {
    if (request.getQueryString() != null && IN_URL.matcher(request.getQueryString()).find()) {
      throw new BadToken("A token in a URL is in every log by now; send it as a header, a new one");
    }
    List<String> headers = Collections.list(request.getHeaders("Authorization"));
    if (headers.isEmpty()) {
      throw Refusal.of(401, "login", "login-required", "Send a bearer token of the issuer")
          .with("WWW-Authenticate", "Bearer realm=\"parley\"");
    }
    String token = headers.size() > 1 ? null : bearer(headers.get(0).strip());
    if (token == null) {
      throw new BadToken("One header is needed: Authorization, Bearer and the token");
    }
    return token;
  }

  /** RFC 6750, 2.1; by hand, because a pattern over hundreds of letters costs as much as a read. */
  private static String bearer(String header) {
    if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return null;
    }
    int begin = SCHEME.length();
    while (begin < header.length() && header.charAt(begin) == ' ') {
      begin++;
    }
    String token = header.substring(begin);
    int end = token.length();
    while (end > 0 && token.charAt(end - 1) == '=') {
      end--;
    }
    for (int i = 0; i < end; i++) {
      if (!isOfToken(token.charAt(i))) {
        return null;
      }
    }
    return end == 0 ? null : token;
  }

  private static boolean isOfToken(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || SIGNS.indexOf(c) >= 0;
  }

  private static Caller.Purpose purpose(HttpServletRequest request) {
    String header = request.getHeader("X-Purpose-Of-Use");
    if (header == null) {
      return null;
    }
    Matcher purpose = PURPOSE.matcher(header.strip());
    if (!purpose.matches()) {
      throw Refusal.invalid("purpose", "X-Purpose-Of-Use is a code, as in ETREAT;reason=...");
    }
    return new Caller.Purpose(purpose.group(1), purpose.group(2));
  }

  static Refusal unauthorized(String reason, String sentence) {
    return Refusal.of(401, "login", reason, sentence)
        .with(
            "WWW-Authenticate",
            "Bearer realm=\"parley\", error=\"invalid_token\", error_description=\"%s\""
                .formatted(sentence.replaceAll("[^ -~]|[\"\\\\]", "")));
  }

  /**
   * The issuer is needed and does not answer: nothing is known of the token, so it opens nothing.
   */
  static Refusal away(String sentence) {
    return Refusal.unavailable("issuer-unavailable", sentence, 5);
  }
}
