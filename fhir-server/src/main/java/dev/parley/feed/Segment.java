// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/**
 * What a subscription matches from a moment on.
 *
 * @param xid the transaction that made it so
 * @param base the number before its first; null until the log has been read to that transaction
 */
record Segment(int era, long xid, Snapshot start, Match match, Long base) {
  boolean covers(Event event) {
    return start.precedes(event.position()) && match.covers(event);
  }

  boolean madeBy(Event event) {
    return event.position().era() == era && event.position().xid() == xid;
  }

  Segment from(long number) {
    return new Segment(era, xid, start, match, number);
  }
}
