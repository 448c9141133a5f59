// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.References.Local;
import dev.parley.store.StandIns;
import dev.parley.store.TimeRange;
import java.time.Instant;

/**
 * That somebody holds an audience key for a time; a row of {@code access_grant}.
 *
 * @param holder self of a person, role, team or pool
 * @param team self of what the holder is a member of by this, or null
 * @param about self of the patient (or proxy) whom the key is about, or null
 * @param since if not null, the holder sees only what is from then on
 */
record Grant(
    long holder, long key, Instant low, Instant high, Long team, Long about, Instant since) {

  Grant(long holder, long key, Instant low, Instant high, Long team, Long about) {
    this(holder, key, low, high, team, about, null);
  }

  static Grant joined(Local who, Local thread, Instant since) {
    return joined(who.self(), AudienceKey.joined(thread.self(), who.self()), since);
  }

  /** The same for who stands in for them. */
  static Grant joinedInstead(Local who, Local thread, Instant since) {
    return joined(StandIns.team(who.self()), AudienceKey.joined(thread.self(), who.self()), since);
  }

  private static Grant joined(long holder, long key, Instant since) {
    return new Grant(holder, key, Instant.MIN, Instant.MAX, null, null, since);
  }

  static Grant named(Local who, TimeRange during) {
    return new Grant(
        who.self(), AudienceKey.NAMED.of(who.self()), during.low(), during.high(), null, null);
  }

  static Grant member(Local who, Local team, TimeRange during) {
    return new Grant(
        who.self(),
        AudienceKey.NAMED.of(team.self()),
        during.low(),
        during.high(),
        team.self(),
        null);
  }

  static Grant standIn(Local who, Local instead, TimeRange during) {
    return standIn(who.self(), instead, during);
  }

  /** Who stands in for one who holds a role stands in for the role. */
  static Grant standInOfRole(Local who, Local role, TimeRange during) {
    return standIn(StandIns.team(who.self()), role, during);
  }

  private static Grant standIn(long holder, Local instead, TimeRange during) {
    return new Grant(
        holder,
        AudienceKey.STAND_IN.of(instead.self()),
        during.low(),
        during.high(),
        StandIns.team(instead.self()),
        null);
  }

  static Grant about(AudienceKey kind, Local who, long patient, TimeRange during) {
    return new Grant(who.self(), kind.of(patient), during.low(), during.high(), null, patient);
  }
}
