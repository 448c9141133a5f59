// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.Arrays;

/**
 * Messages that are restricted by a label of their own (R or V): proxies who see the rest of the
 * thread do not see these.
 */
public final class Restricted {
  private static final long SECURITY = Keys.param("Communication", "_security");
  private static final long SENDER = Keys.param("Communication", "sender");
  private static final long[] KEYS = {SECURITY ^ Keys.of("r"), SECURITY ^ Keys.of("v")};

  private Restricted() {}

  /** The index keys of which such a message has one. */
  public static long[] keys() {
    return KEYS.clone();
  }

  /** The index key of a message that somebody has sent. */
  public static long sentBy(String person) {
    return SENDER ^ Keys.of(person);
  }

  /**
   * Whether a message is kept from a proxy.
   *
   * @param keys of the message, sorted
   */
  public static boolean from(String proxy, long[] keys) {
    return Arrays.stream(KEYS).anyMatch(k -> Arrays.binarySearch(keys, k) >= 0)
        && Arrays.binarySearch(keys, sentBy(proxy)) < 0;
  }
}
