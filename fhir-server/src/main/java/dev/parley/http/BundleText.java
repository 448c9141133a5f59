// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.parley.store.StoredResource;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** A Bundle put together as text around stored JSON. */
final class BundleText {
  private final StringBuilder out;
  private boolean entries;

  BundleText(String type, int expectedLength) {
    out = new StringBuilder(expectedLength);
    out.append("{\"resourceType\":\"Bundle\",\"id\":\"")
        .append(new UUID(random(0xFFFF_FFFF_FFFF_0FFFL, 0x4000), random(-1L >>> 2, 1L << 63)));
    out.append("\",\"type\":\"").append(type).append('"');
  }

  /**
   * Names one answer and keeps no secret: the system's random source would cost more than it is
   * worth.
   */
  private static long random(long mask, long fixed) {
    return ThreadLocalRandom.current().nextLong() & mask | fixed;
  }

  BundleText total(Long total) {
    if (total != null) {
      out.append(",\"total\":").append(total);
    }
    return this;
  }

  /** Links; to be called before the first entry, with null for a link that is not there. */
  BundleText links(String self, String previous, String next) {
    out.append(",\"link\":[");
    link("self", self);
    if (previous != null || next != null) {
      // Without a cursor it begins where the first page does.
      out.append(',');
      link("first", self);
    }
    if (previous != null) {
      out.append(',');
      link("previous", previous);
    }
    if (next != null) {
      out.append(',');
      link("next", next);
    }
    out.append(']');
    return this;
  }

  private void link(String relation, String url) {
    out.append("{\"relation\":\"").append(relation).append("\",\"url\":\"");
    quoted(url).append("\"}");
  }

  BundleText match(String base, StoredResource resource, String mode) {
    begin();
    out.append("{\"fullUrl\":\"").append(base).append('/').append(resource.reference());
    out.append("\",\"resource\":").append(resource.json());
    out.append(",\"search\":{\"mode\":\"").append(mode).append("\"}}");
    return this;
  }

  BundleText outcome(String operationOutcome) {
    begin();
    out.append("{\"resource\":").append(operationOutcome);
    out.append(",\"search\":{\"mode\":\"outcome\"}}");
    return this;
  }

  /** request and response in every entry of a history. */
  BundleText version(String base, StoredResource version) {
    begin();
    out.append("{\"fullUrl\":\"").append(base).append('/').append(version.reference()).append('"');
    if (!version.deleted()) {
      out.append(",\"resource\":").append(version.json());
    }
    String method = version.kind().method();
    out.append(",\"request\":{\"method\":\"").append(method).append("\",\"url\":\"");
    out.append(method.equals("POST") ? version.type() : version.reference()).append("\"}");
    response(
        method.equals("POST") ? "201 Created" : version.deleted() ? "204 No Content" : "200 OK",
        null,
        version,
        null);
    out.append('}');
    return this;
  }

  /** An entry of a batch-response or transaction-response; any argument but status may be null. */
  BundleText response(
      String resource, String status, String location, StoredResource version, String outcome) {
    begin();
    out.append('{');
    int start = out.length();
    if (resource != null) {
      out.append("\"resource\":").append(resource);
    }
    response(status, location, version, outcome);
    if (out.charAt(start) == ',') {
      out.deleteCharAt(start);
    }
    out.append('}');
    return this;
  }

  private void response(String status, String location, StoredResource version, String outcome) {
    out.append(",\"response\":{\"status\":\"").append(status).append('"');
    if (location != null) {
      out.append(",\"location\":\"").append(location).append('"');
    }
    if (version != null) {
      out.append(",\"etag\":\"W/\\\"").append(version.etag()).append("\\\"\"");
      out.append(",\"lastModified\":\"").append(version.updated()).append('"');
    }
    if (outcome != null) {
      out.append(",\"outcome\":").append(outcome);
    }
    out.append('}');
  }

  private void begin() {
    out.append(entries ? "," : ",\"entry\":[");
    entries = true;
  }

  private StringBuilder quoted(String text) {
    JsonStringEncoder.getInstance().quoteAsString(text, out);
    return out;
  }

  String json() {
    return out.append(entries ? "]}" : "}").toString();
  }
}
