// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.util.UrlUtil;
import dev.parley.access.MediaType;
import dev.parley.access.Refusal;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says no to bodies that cannot be read (415) and to answers that cannot be given (406), which HAPI
 * would read and give as JSON.
 */
final class MediaTypes {
  private static final Set<String> FORMATS = Set.of("json", "xml");
  private static final Set<String> PATCHES =
      Set.of("application/json-patch+json", "application/fhir+json", "application/fhir+xml");
  private static final Set<String> ANYTHING = Set.of("*/*", "application/*", "text/*", "*");
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final Pattern VERSION =
      Pattern.compile(";\\s*fhirversion\\s*=\\s*\"?([^\";,\\s]*)", Pattern.CASE_INSENSITIVE);
  private static final Pattern UNWANTED = Pattern.compile(".*;q=0(\\.0*)?(;.*)?");
  private static final Pattern CHARSET =
      Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\";,\\s]*)", Pattern.CASE_INSENSITIVE);

  private MediaTypes() {}

  /** Refuses what cannot be read or answered, before HAPI looks at it. */
  static void check(HttpServletRequest request) {
    String path = request.getPathInfo() == null ? "" : request.getPathInfo();
    // An operation may take and give other things (NDJSON, CSV) and says so itself.
    if (path.contains("$")) {
      return;
    }
    switch (request.getMethod()) {
      case "POST" -> {
        if (path.contains("/_search")) {
          body(request, Set.of(FORM));
        } else {
          body(request, MediaType.FHIR);
        }
      }
      case "PUT" -> body(request, MediaType.FHIR);
      case "PATCH" -> body(request, PATCHES);
      default -> {}
    }
    if (!path.contains("/_search")) {
      answer(request);
    }
  }

  private static void body(HttpServletRequest request, Set<String> readable) {
    String type = request.getContentType();
    if (type == null && request.getContentLengthLong() == 0 && readable.contains(FORM)) {
      return;
    }
    if (type == null || !readable.contains(MediaType.plain(type)) || !known(type) || !utf8(type)) {
      throw Refusal.of(
          415,
          "not-supported",
          "content-type",
          "Content-Type %s cannot be read here; send %s"
              .formatted(
                  type == null ? "is missing, so the body" : MediaType.plain(type),
                  readable.contains(FORM) ? FORM : "application/fhir+json, fhirVersion 4.0"));
    }
  }

  private static void answer(HttpServletRequest request) {
    // Not getParameter: it would eat the form of a _search.
    String[] formats =
        UrlUtil.parseQueryString(String.valueOf(request.getQueryString())).get("_format");
    String format = formats == null ? "" : formats[0];
    if (!format.isBlank()) {
      if (!FORMATS.contains(MediaType.plain(format))
              && !MediaType.FHIR.contains(MediaType.plain(format).replace(' ', '+'))
          || !known(format)) {
        throw notAcceptable("_format");
      }
      return;
    }
    String accept = request.getHeader("Accept");
    if (accept == null || accept.isBlank()) {
      return;
    }
    for (String range : accept.split(",")) {
      String type = MediaType.plain(range);
      if ((MediaType.FHIR.contains(type) || ANYTHING.contains(type))
          && known(range)
          && !unwanted(range)) {
        return;
      }
    }
    throw notAcceptable("Accept");
  }

  private static boolean unwanted(String range) {
    return range.indexOf(';') >= 0 && UNWANTED.matcher(range.replace(" ", "")).matches();
  }

  private static Refusal notAcceptable(String where) {
    return Refusal.of(
        406,
        "not-supported",
        "not-acceptable",
        where + " names nothing that can be answered; ask for application/fhir+json or fhir+xml");
  }

  /** whether the MIME parameter fhirVersion, if there is one, names R4. */
  private static boolean known(String mediaType) {
    if (mediaType.indexOf(';') < 0) {
      return true;
    }
    Matcher version = VERSION.matcher(mediaType);
    return !version.find() || version.group(1).matches("4\\.0(\\.\\d+)?");
  }

  private static boolean utf8(String mediaType) {
    Matcher charset = CHARSET.matcher(mediaType);
    return !charset.find() || charset.group(1).equalsIgnoreCase("utf-8");
  }
}
