// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.Keys;

/**
 * The kinds of audience keys. A key is the kind mixed with the {@code self} of whom it is about;
 * mixing with XOR lets SQL turn the key about one patient into that about another (merges).
 */
enum AudienceKey {
  /** A participant, an author, an owner. */
  NAMED,
  /** Who came into a conversation later and sees what is from then on; see {@link #joined}. */
  JOINED,
  /** Whoever stands in for a participant who is away; see {@link dev.parley.store.StandIns}. */
  STAND_IN,
  /** The patient whose record it is. */
  PATIENT,
  /** Staff who treat the patient. */
  STAFF,
  /** Staff who take part in a conversation about or with a patient or proxy: they see who it is. */
  ACQUAINTED,
  /** A proxy while the patient is a child. */
  CHILD_PROXY,
  /** A proxy while the patient is an adolescent, or by consent of a grown-up one. */
  PROXY;

  /** Everybody who is logged in: the directory, definitions. */
  static final long EVERYBODY = Keys.of("audience everybody");

  /** Held by nobody: says that a thread is among staff. */
  static final long STAFF_ONLY = Keys.of("audience staff only");

  /** Those who watch over privacy. */
  static final long PRIVACY_OFFICERS = Keys.of("audience privacy officers");

  /** Everybody who works here. */
  static final long ANY_STAFF = Keys.of("audience any staff");

  private final long kind = Keys.of("audience " + name());

  /** Of one person in one thread: others who come later do not hold it. */
  static long joined(long thread, long who) {
    return JOINED.of(thread) ^ Long.rotateLeft(who, 1);
  }

  long of(long self) {
    return kind ^ self;
  }

  /** What a key of this kind is mixed with. */
  long kind() {
    return kind;
  }
}
