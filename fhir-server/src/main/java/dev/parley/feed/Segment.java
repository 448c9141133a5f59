// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/**
 * What a subscription matches from a moment on.
 *
 * @param xid the transaction that made it so
 * @param base the number before its first; null until the log has been read to that transaction
 * @param before what it matched until then; null for the first
 */
record Segment(int era, long xid, Snapshot start, Match match, Long base, Segment before) {
  /** What was under way when it began may have its number from the segment before. */
  boolean covers(Event event) {
    return start.precedes(event.position()) && match.covers(event) && !isOfBefore(event);
  }

  private boolean isOfBefore(Event event) {
    return before != null && made().isAfter(event.position()) && before.covers(event);
  }

  /** Just before the transaction that made it. */
  Position made() {
    return Position.before(era, xid);
  }

  boolean isAfter(Segment other) {
    return made().isAfter(other.made());
  }

  boolean madeBy(Event event) {
    return event.position().era() == era && event.position().xid() == xid;
  }

  Segment from(long number) {
    return new Segment(era, xid, start, match, number, before);
  }
}
