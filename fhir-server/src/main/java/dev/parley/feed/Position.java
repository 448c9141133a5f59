// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

/**
 * A place in the event log. Clients never see one: they see numbers.
 *
 * @param era which life of which cluster the transaction id belongs to
 * @param xid the writing transaction
 * @param seq order within the transaction
 */
public record Position(int era, long xid, long seq) implements Comparable<Position> {
  /** Before everything. */
  public static final Position NONE = new Position(0, 0, 0);

  /** Just before the first event of a transaction. */
  static Position before(int era, long xid) {
    return new Position(era, xid, Long.MIN_VALUE);
  }

  @Override
  public int compareTo(Position other) {
    int order = Integer.compare(era, other.era);
    order = order != 0 ? order : Long.compare(xid, other.xid);
    return order != 0 ? order : Long.compare(seq, other.seq);
  }

  boolean isAfter(Position other) {
    return compareTo(other) > 0;
  }

  static Position later(Position one, Position other) {
    return one.isAfter(other) ? one : other;
  }
}
