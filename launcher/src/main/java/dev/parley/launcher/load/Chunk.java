// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.load;

import java.util.List;

/**
 * What is sent as one request.
 *
 * @param place where it comes from: file, number of the chunk in it
 * @param bundle JSON text of a transaction or batch
 */
record Chunk(String place, String bundle, int resources) {
  static Chunk of(String place, String type, List<Item> items) {
    int size = items.stream().mapToInt(Item::size).sum();
    StringBuilder bundle = new StringBuilder(size + 100);
    bundle.append("{\"resourceType\":\"Bundle\",\"type\":\"").append(type).append("\",\"entry\":[");
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        bundle.append(',');
      }
      items.get(i).appendTo(bundle);
    }
    return new Chunk(place, bundle.append("]}").toString(), items.size());
  }
}
