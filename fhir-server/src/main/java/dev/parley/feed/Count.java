// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/** A number of a subscription and the place of the event that has it. */
public record Count(long number, Position position) {
  static final Count NONE = new Count(0, Position.NONE);

  static Count later(Count one, Count other) {
    return other.number > one.number ? other : one;
  }
}
