// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Refuses the character NUL, which PostgreSQL stores nowhere, in parameters of searches and
 * operations; in resources {@link dev.parley.store.ResourceText} does.
 */
@Interceptor
public final class NoNul {
  private static final Pattern ESCAPED = Pattern.compile("(?<!\\\\)(?:\\\\\\\\)*\\\\u0000");

  /**
   * @throws Refusal 400 naming the parameter
   */
  @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
  public void check(RequestDetails request) {
    request
        .getParameters()
        .forEach(
            (name, values) -> {
              if (name.indexOf(0) >= 0
                  || Arrays.stream(values).anyMatch(value -> value.indexOf(0) >= 0)) {
                throw nul("The parameter " + name.replace("\0", ""));
              }
            });
    if (request.getOperation() != null
        && ESCAPED
            .matcher(new String(request.loadRequestContents(), StandardCharsets.UTF_8))
            .find()) {
      throw nul("A string");
    }
  }

  private static Refusal nul(String what) {
    return Refusal.invalid("nul", what + " holds the character NUL");
  }
}
