// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

/** What was planned no longer holds under the locks: roll back and plan again. */
final class Replan extends RuntimeException {
  private final boolean wiser;

  /**
   * @param wiser whether the next attempt takes more locks than this one: it gets further, whatever
   *     others do
   */
  Replan(boolean wiser) {
    super("the plan no longer holds", null, false, false);
    this.wiser = wiser;
  }

  boolean isWiser() {
    return wiser;
  }
}
