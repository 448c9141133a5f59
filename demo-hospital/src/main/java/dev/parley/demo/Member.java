// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.util.List;

/** One patient of the cast: whose Synthea records they are and what the demo calls them. */
record Member(String uuid, String given, String family, String language) {
  static List<Member> cast() {
    return Table.read("cast.txt").stream()
        .map(row -> new Member(row.get(0), row.get(1), row.get(2), row.get(3)))
        .toList();
  }

  String id() {
    return Slug.of(given + " " + family);
  }
}
