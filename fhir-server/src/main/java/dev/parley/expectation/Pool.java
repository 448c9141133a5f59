// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

/**
 * Where the work of a message lands.
 *
 * @param reference the service, role or team whose work it is
 * @param owner who has it at first: the pool itself, or the one whom the message names
 * @param service what it promises; null if it promises nothing
 */
record Pool(String reference, String owner, Service service) {
  boolean isClaimed() {
    return owner.startsWith("Practitioner/");
  }
}
