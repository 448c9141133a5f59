// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.store.StoredResource;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;

/**
 * Conditional reads (A-27, RFC 9110): If-None-Match with one tag, several or a star; else
 * If-Modified-Since. HAPI knows one tag, and applies both headers.
 */
final class Freshness {
  private Freshness() {}

  static boolean unchanged(StoredResource stored, RequestDetails request) {
    String tags = request.getHeader(Constants.HEADER_IF_NONE_MATCH);
    if (tags != null) {
      String version = stored.etag();
      return Arrays.stream(tags.split(","))
          .map(tag -> tag.strip().replaceAll("^(W/)?\"?|\"?$", ""))
          .anyMatch(tag -> tag.equals("*") || tag.equals(version));
    }
    String since = request.getHeader(Constants.HEADER_IF_MODIFIED_SINCE);
    return since != null
        && !stored.annotated()
        && !stored.updated().truncatedTo(ChronoUnit.SECONDS).isAfter(time(since));
  }

  /** A date that cannot be read is as if it were not there. */
  private static Instant time(String date) {
    try {
      return DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from);
    } catch (DateTimeException e) {
      return Instant.MIN;
    }
  }
}
