// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import java.util.List;
import java.util.Set;

/** The headers of a rest-hook. They hold secrets: stored resources show their names only (B-9). */
final class Headers {
  private static final String HIDDEN = "********";

  /** What the HTTP client sets itself, or what would let one request become two. */
  private static final Set<String> REFUSED =
      Set.of("host", "content-length", "connection", "upgrade", "transfer-encoding", "expect");

  private Headers() {}

  static void check(String header) {
    int colon = header == null ? -1 : header.indexOf(':');
    if (colon < 1
        || !header.substring(0, colon).matches("[A-Za-z0-9!#$%&'*+.^_`|~-]+")
        || REFUSED.contains(header.substring(0, colon).toLowerCase(java.util.Locale.ROOT))
        || header.chars().anyMatch(c -> c < 32 && c != '\t' || c > 126)) {
      throw Terms.no("invalid", "header", "A header is \"Name: value\"", "channel.header");
    }
  }

  static String hide(String header) {
    return name(header) + ": " + HIDDEN;
  }

  /** A hidden header that a client sends back stands for the one that is kept. */
  static List<String> reveal(List<String> given, List<String> kept) {
    return given.stream()
        .map(
            header ->
                value(header).equals(HIDDEN)
                    ? kept.stream()
                        .filter(k -> name(k).equalsIgnoreCase(name(header)))
                        .findFirst()
                        .orElse(header)
                    : header)
        .toList();
  }

  /** What a hidden header stood for is not kept for another endpoint. */
  static List<String> given(List<String> given) {
    if (given.stream().anyMatch(header -> value(header).equals(HIDDEN))) {
      throw Terms.no(
          "invalid",
          "header",
          "The endpoint is another one; give it the values of its headers",
          "channel.header");
    }
    return given;
  }

  static String name(String header) {
    return header.substring(0, header.indexOf(':')).strip();
  }

  static String value(String header) {
    return header.substring(header.indexOf(':') + 1).strip();
  }
}
