// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A version of a resource as it is stored.
 *
 * @param text compact JSON that begins with resourceType and, if there is any, meta; without id,
 *     versionId and lastUpdated; null if this version is a delete
 */
public record StoredResource(
    String type, String id, int version, Instant updated, Change.Kind kind, String text) {
  private static final String LESS = "-withheld";
  private static final String BESIDES = "\"" + Codes.RECEIPT + "\"";

  public boolean deleted() {
    return text == null;
  }

  public String reference() {
    return type + "/" + id;
  }

  /** Whether it carries more than is stored: that comes without a new version. */
  public boolean annotated() {
    return type.equals("Communication") && text != null && text.contains(BESIDES);
  }

  /** Whether it carries less than is stored. */
  public boolean subsetted() {
    return (type.equals("Communication") || type.equals("Binary"))
        && text != null
        && text.contains("\"SUBSETTED\"");
  }

  /** Whether what is left out is what it says; notes for staff alone are not. */
  public boolean withheld() {
    return subsetted() && (!type.equals("Communication") || isWithheld(text));
  }

  /** The same of the JSON of a Communication. */
  public static boolean isWithheld(String json) {
    return json.contains("\"SUBSETTED\"") && json.contains(Codes.WITHHELD);
  }

  /** The same with another text. */
  public StoredResource showing(String other) {
    return new StoredResource(type, id, version, updated, kind, other);
  }

  /**
   * What changes whenever the answer does: the version, whether something is left out, and what is
   * said besides.
   */
  public String etag() {
    if (annotated()) {
      return version + "-" + Integer.toHexString(text.hashCode());
    }
    return subsetted() ? version + LESS : String.valueOf(version);
  }

  /** The version that an ETag of ours is about, as text. */
  public static String versionOf(String etag) {
    int besides = etag.indexOf('-');
    return besides < 0 ? etag : etag.substring(0, besides);
  }

  /** The JSON that a client sees: stored text with id, versionId and lastUpdated put in. */
  public String json() {
    String head = "{\"resourceType\":\"" + type + "\"";
    StringBuilder out = new StringBuilder(text.length() + 120);
    out.append(head).append(",\"id\":\"").append(id);
    out.append("\",\"meta\":{\"versionId\":\"").append(version);
    out.append("\",\"lastUpdated\":\"").append(updated.truncatedTo(ChronoUnit.MILLIS)).append('"');
    int rest = head.length();
    if (text.startsWith(",\"meta\":{", rest)) {
      out.append(',').append(text, rest + 9, text.length());
    } else {
      out.append('}').append(text, rest, text.length());
    }
    return out.toString();
  }
}
