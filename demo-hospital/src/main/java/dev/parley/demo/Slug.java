// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Readable ids out of names, and names without the digits that Synthea glues to them. */
final class Slug {
  private Slug() {}

  static String of(String text) {
    String plain = Normalizer.normalize(text, Normalizer.Form.NFD).replaceAll("\\p{M}", "");
    String slug =
        plain
            .toLowerCase(Locale.ROOT)
            .replace("'", "")
            .replaceAll("[^a-z0-9]+", "-")
            .replaceAll("^-+|-+$", "");
    return slug.length() > 48 ? slug.substring(0, 48).replaceAll("-+$", "") : slug;
  }

  static String firstWords(String text, int count) {
    return of(Arrays.stream(text.split("[\\s,/]+")).limit(count).collect(Collectors.joining(" ")));
  }

  static String withoutDigits(String name) {
    return name.replaceAll("(?<=\\p{L})\\d+", "");
  }
}
