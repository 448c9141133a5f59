// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a token says, whether it said it itself or its issuer did when asked.
 *
 * @param all by name; numbers, texts, lists and maps as in JSON, times as Date or seconds
 */
record Claims(Map<String, Object> all) {

  String text(String name) {
    return all.get(name) instanceof String text && !text.isBlank() ? text : null;
  }

  /** The first of these that there is. */
  String textOr(String name, String other) {
    return text(name) == null ? text(other) : text(name);
  }

  /** Seconds since 1970, or null. */
  Instant time(String name) {
    Object value = all.get(name);
    if (value instanceof Date date) {
      return date.toInstant();
    }
    return value instanceof Number number ? Instant.ofEpochSecond(number.longValue()) : null;
  }

  /** One text, or a list of them. */
  List<String> texts(String name) {
    Object value = all.get(name);
    if (value instanceof Collection<?> many) {
      return many.stream().map(String::valueOf).toList();
    }
    return value instanceof String one ? List.of(one) : List.of();
  }

  /** The words under a path of names with dots between them. */
  Set<String> words(String path) {
    Claims within = this;
    String[] names = path.split("\\.");
    for (int i = 0; i < names.length - 1; i++) {
      within = new Claims(within.object(names[i]));
    }
    return within.texts(names[names.length - 1]).stream()
        .flatMap(t -> List.of(t.strip().split("\\s+")).stream())
        .filter(t -> !t.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  private Map<String, Object> object(String name) {
    if (!(all.get(name) instanceof Map<?, ?> map)) {
      return Map.of();
    }
    return map.entrySet().stream()
        .filter(e -> e.getValue() != null)
        .collect(Collectors.toMap(e -> String.valueOf(e.getKey()), Map.Entry::getValue));
  }

  Instant expires() {
    return time("exp");
  }

  /** The login that it belongs to; the token itself where the issuer names none. */
  String session() {
    return textOr("sid", "jti");
  }

  String client() {
    return textOr("client_id", "azp");
  }
}
