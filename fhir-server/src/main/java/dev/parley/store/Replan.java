// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

/** What was planned no longer holds under the locks: roll back and plan again. */
final class Replan extends RuntimeException {
  Replan() {
    super("the plan no longer holds", null, false, false);
  }
}
