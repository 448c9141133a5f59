// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.TreeMap;

/**
 * What must hold still under a write: keys, each exclusive or shared with other writes that only
 * need it not to change. Of two modes for a key the stronger one counts.
 */
public final class Locks {
  private final TreeMap<Long, Boolean> exclusive = new TreeMap<>();

  public void exclusive(long key) {
    exclusive.put(key, true);
  }

  public void shared(long key) {
    exclusive.putIfAbsent(key, false);
  }

  void all(Locks others) {
    others.exclusive.forEach((key, mode) -> exclusive.merge(key, mode, Boolean::logicalOr));
  }

  boolean holds(long key, boolean exclusively) {
    Boolean held = exclusive.get(key);
    return held != null && (held || !exclusively);
  }

  boolean isEmpty() {
    return exclusive.isEmpty();
  }

  /**
   * Those of them that are held together with others, and some more.
   *
   * @param more or null
   */
  Locks shared(Locks more) {
    Locks shared = new Locks();
    if (more != null) {
      shared.all(more);
    }
    exclusive.forEach(
        (key, alone) -> {
          if (!alone) {
            shared.shared(key);
          }
        });
    return shared;
  }

  /** Whether some are held together with others. */
  boolean anyShared() {
    return exclusive.containsValue(false);
  }

  /** In the order in which everybody takes them. */
  long[] keys() {
    return exclusive.keySet().stream().mapToLong(Long::longValue).toArray();
  }

  /** For each of {@link #keys}, whether it is held alone. */
  Boolean[] modes() {
    return exclusive.values().toArray(Boolean[]::new);
  }
}
