// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The texts under which equality-like values are hashed, alike when a resource is written and when
 * it is looked for.
 */
final class SearchForms {
  static final String BOOLEANS = "http://terminology.hl7.org/CodeSystem/special-values";
  static final String CURRENCIES = "urn:iso:std:iso:4217";

  private SearchForms() {}

  /** {@code code}, {@code system|code}, {@code |code} and {@code system|} of a stored token. */
  static List<String> token(String system, String code) {
    List<String> forms = new ArrayList<>(3);
    boolean hasSystem = system != null && !system.isEmpty();
    if (code != null && !code.isEmpty()) {
      String lower = code.toLowerCase(Locale.ROOT);
      forms.add(lower);
      forms.add((hasSystem ? system : "") + "|" + lower);
    }
    if (hasSystem) {
      forms.add(system + "|");
    }
    return forms;
  }

  /** The ancestors of a uri by path, itself included: what {@code :below} finds it by. */
  static List<String> ancestors(String uri) {
    List<String> ancestors = new ArrayList<>();
    String path = withoutVersion(uri);
    int root = path.indexOf("://");
    if (root >= 0) {
      for (int i = path.indexOf('/', root + 3); i >= 0; i = path.indexOf('/', i + 1)) {
        ancestors.add(path.substring(0, i));
      }
    }
    if (!path.endsWith("/")) {
      ancestors.add(path);
    }
    return ancestors;
  }

  /** {@code url|1}, {@code url|1.2} for {@code url|1.2.3}, itself included; empty if no version. */
  static List<String> versions(String canonical) {
    List<String> versions = new ArrayList<>();
    int bar = canonical.indexOf('|');
    if (bar >= 0) {
      for (int i = canonical.indexOf('.', bar); i >= 0; i = canonical.indexOf('.', i + 1)) {
        versions.add(canonical.substring(0, i));
      }
      versions.add(canonical);
    }
    return versions;
  }

  /** What {@code :of-type} looks for. */
  static String ofType(String system, String code, String value) {
    return system + "|" + code + "|" + value.toLowerCase(Locale.ROOT);
  }

  /** {@code text} of {@code text/plain;charset=utf-8}. */
  static String mimeBase(String type) {
    return type.substring(0, type.indexOf('/')).toLowerCase(Locale.ROOT);
  }

  /** {@code text/plain} of {@code text/plain;charset=utf-8}. */
  static String mimePlain(String type) {
    int end = type.indexOf(';');
    return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  static String withoutVersion(String canonical) {
    int bar = canonical.indexOf('|');
    return bar < 0 ? canonical : canonical.substring(0, bar);
  }
}
