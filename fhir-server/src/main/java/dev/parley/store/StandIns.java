// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

/**
 * Whoever stands in for somebody is for that time in a team of those who do; the team is no
 * resource, but has a self. That of a role are those of its holders. What a conversation gives to
 * who stands in, it gives to these teams.
 */
public final class StandIns {
  /** Mixed with the self of a Practitioner or PractitionerRole gives that of the team, and back. */
  public static final long KIND = Keys.of("audience STAND_IN");

  private StandIns() {}

  /** The team of those who stand in. */
  public static long team(long self) {
    return KIND ^ self;
  }
}
