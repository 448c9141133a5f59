// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.Map;

/** Where a transaction's own full URLs are replaced by the ids that were given. */
final class LinkRewrite {
  private LinkRewrite() {}

  /** The value to write for a string of this element name. */
  static String replaced(String name, String value, Map<String, String> references) {
    if (name.equals("div")) {
      String text = value;
      for (Map.Entry<String, String> entry : references.entrySet()) {
        text = text.replace("\"" + entry.getKey() + "\"", "\"" + entry.getValue() + "\"");
      }
      return text;
    }
    return isLink(name) ? references.getOrDefault(value, value) : value;
  }

  /** Elements of type Reference.reference, uri, url, oid and uuid; not canonical, not string. */
  private static boolean isLink(String name) {
    return name.equals("reference")
        || name.equals("url")
        || name.equals("uri")
        || name.endsWith("Uri")
        || name.endsWith("Url")
        || name.endsWith("Oid")
        || name.endsWith("Uuid");
  }
}
