// SPDX-License-Identifier: Apache-2.0
package dev.parley.wording;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A tree of letters: at a position it finds all phrases that begin there, the longest first, and of
 * equal ones the first of the list.
 */
final class Phrases {
  private final Node root = new Node();

  private static final class Node {
    // Most positions end at the first letter or two: those of ASCII are not boxed for it.
    private final Node[] plain = new Node[128];
    private final Map<Character, Node> others = new HashMap<>();
    final List<Phrase> ends = new ArrayList<>();

    Node next(char c) {
      return c < 128 ? plain[c] : others.get(c);
    }

    Node make(char c) {
      if (c >= 128) {
        return others.computeIfAbsent(c, key -> new Node());
      }
      if (plain[c] == null) {
        plain[c] = new Node();
      }
      return plain[c];
    }
  }

  /** A phrase as it is written in the list. */
  record Phrase(String written, Entry entry) {
    boolean isAt(String text, int from) {
      return !entry.exact() || text.startsWith(written, from);
    }
  }

  void add(String written, Entry entry) {
    Node node = root;
    for (char c : written.toCharArray()) {
      node = node.make(Character.toLowerCase(c));
    }
    node.ends.add(new Phrase(written, entry));
  }

  List<Phrase> at(String text, int from) {
    Node node = root;
    List<Phrase> found = List.of();
    for (int i = from; i < text.length(); i++) {
      node = node.next(Character.toLowerCase(text.charAt(i)));
      if (node == null) {
        break;
      }
      int before = 0;
      for (Phrase end : node.ends) {
        if (end.isAt(text, from)) {
          found = found.isEmpty() ? new ArrayList<>() : found;
          found.add(before++, end);
        }
      }
    }
    return found;
  }
}
