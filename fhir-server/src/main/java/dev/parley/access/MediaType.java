// SPDX-License-Identifier: Apache-2.0
package dev.parley.access;

import java.util.Locale;
import java.util.Set;

/** What FHIR comes in; everything else is the bytes of a file. */
public final class MediaType {
  /** In lower case, without parameters; what older clients and plain ones say stands for it too. */
  public static final Set<String> FHIR =
      Set.of(
          "application/fhir+json",
          "application/fhir+xml",
          "application/json",
          "application/xml",
          "text/json",
          "text/xml",
          "application/json+fhir",
          "application/xml+fhir");

  private MediaType() {}

  /** Without parameters, in lower case. */
  public static String plain(String type) {
    int end = type.indexOf(';');
    return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }
}
