// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Caller;
import dev.parley.access.MediaType;
import dev.parley.access.Origin;
import dev.parley.store.ResourceStore;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Binaries as what they are, rather than as FHIR: which requests want that, and their answers. */
public final class RawBinary {
  private static final Set<String> FORMS =
      Set.of("multipart/form-data", "application/x-www-form-urlencoded");
  private static final Pattern PATH =
      Pattern.compile("/Binary(?:/([A-Za-z0-9.-]{1,64})(?:/_history/([A-Za-z0-9.-]{1,64}))?)?/?");
  private static final Pattern WEIGHT = Pattern.compile(";\\s*q\\s*=\\s*([01](?:\\.\\d{0,3})?)");

  private final Supplier<ResourceStore> store;
  private final Upload upload;
  private final Download download;

  RawBinary(Supplier<ResourceStore> store, Upload upload, Download download) {
    this.store = store;
    this.upload = upload;
    this.download = download;
  }

  /** Whether a request sends or asks for a Binary's own bytes. */
  public boolean takes(HttpServletRequest request) {
    String path = String.valueOf(request.getPathInfo());
    Matcher parts = PATH.matcher(path);
    if (!parts.matches() || "_search".equals(parts.group(1)) || "_history".equals(parts.group(1))) {
      return false;
    }
    return switch (request.getMethod()) {
      case "POST" -> parts.group(1) == null && isRaw(request.getContentType());
      case "PUT" ->
          parts.group(1) != null && parts.group(2) == null && isRaw(request.getContentType());
      case "GET", "HEAD" -> parts.group(1) != null && wantsRaw(request);
      default -> false;
    };
  }

  /** What browsers' forms send, and curl with -F, or with --data-binary and no Content-Type. */
  static boolean isForm(String type) {
    return type != null && FORMS.contains(MediaType.plain(type));
  }

  private static boolean isRaw(String type) {
    return type != null && !MediaType.FHIR.contains(MediaType.plain(type));
  }

  /**
   * By what it likes best: browsers, which like their own types best, say at the end that they take
   * XML as well. Who says nothing gets the resource, as of every other type.
   */
  private static boolean wantsRaw(HttpServletRequest request) {
    String accept = request.getHeader("Accept");
    String query = request.getQueryString();
    if (accept == null || accept.isBlank() || query != null && query.contains("_format=")) {
      return false;
    }
    String best = null;
    double weight = 0;
    for (String range : accept.split(",")) {
      Matcher q = WEIGHT.matcher(range.toLowerCase(Locale.ROOT));
      double w = q.find() ? Double.parseDouble(q.group(1)) : 1;
      if (w > weight) {
        best = MediaType.plain(range);
        weight = w;
      }
    }
    return best != null && !MediaType.FHIR.contains(best);
  }

  /**
   * Answers it.
   *
   * @param base of FHIR as the client sees it
   * @throws dev.parley.access.Refusal if nothing has been answered yet
   */
  public void serve(
      HttpServletRequest request,
      HttpServletResponse response,
      Caller caller,
      Origin origin,
      String base)
      throws IOException {
    Matcher parts = PATH.matcher(request.getPathInfo());
    if (!parts.matches()) {
      throw new IllegalArgumentException("takes() was not asked");
    }
    switch (request.getMethod()) {
      case "POST", "PUT" ->
          upload.answer(request, response, store.get().as(caller, origin), parts.group(1), base);
      default ->
          download.answer(
              request, response, store.get().as(caller, origin), parts.group(1), parts.group(2));
    }
  }
}
