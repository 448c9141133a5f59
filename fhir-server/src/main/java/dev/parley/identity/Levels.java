// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import java.util.EnumMap;
import java.util.Map;

/** The level of assurance, 0 to 3, that each class of content needs. */
record Levels(Map<ContentClass, Integer> needed) {
  /** From {@code greeting=0,scheduling=1,...}; a class that is not named needs 3. */
  static Levels of(String setting) {
    Map<ContentClass, Integer> needed = new EnumMap<>(ContentClass.class);
    for (ContentClass each : ContentClass.values()) {
      needed.put(each, 3);
    }
    for (String pair : setting.split(",")) {
      String[] parts = pair.strip().split("=");
      needed.put(
          ContentClass.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT)),
          Integer.valueOf(parts[1]));
    }
    return new Levels(needed);
  }

  /** What opens everything. */
  int most() {
    return needed.values().stream().max(Integer::compare).orElse(0);
  }

  int of(ContentClass content) {
    return needed.get(content);
  }
}
