// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/**
 * An event with the number that one subscription gives it.
 *
 * @param hidden whether its owner may not see it any more: then it goes out as number and time
 */
public record Numbered(long number, LoggedEvent event, boolean hidden) {
  Numbered(long number, LoggedEvent event) {
    this(number, event, false);
  }

  Numbered withheld() {
    return new Numbered(number, event, true);
  }
}
