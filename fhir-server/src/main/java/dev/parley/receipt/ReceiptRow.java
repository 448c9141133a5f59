// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * What became of a message with one person.
 *
 * @param message self of the message
 * @param person self of the person
 * @param who the same as a reference
 * @param via self of the recipient by which they got it; null if it is none of the message's
 * @param hidden whether nobody else is to know that it was read
 */
record ReceiptRow(
    long message,
    long person,
    String who,
    Long via,
    Instant delivered,
    Instant read,
    Instant acknowledged,
    boolean hidden) {
  static final String COLUMNS =
      "c.message, c.person, c.who, c.via, c.delivered, c.read, c.acknowledged, c.hidden";

  static ReceiptRow of(ResultSet row) throws SQLException {
    long via = row.getLong("via");
    Long known = row.wasNull() ? null : via;
    return new ReceiptRow(
        row.getLong("message"),
        row.getLong("person"),
        row.getString("who"),
        known,
        time(row, "delivered"),
        time(row, "read"),
        time(row, "acknowledged"),
        row.getBoolean("hidden"));
  }

  private static Instant time(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /** As others may know it. */
  ReceiptRow forOthers() {
    return hidden
        ? new ReceiptRow(message, person, who, via, delivered, null, acknowledged, false)
        : this;
  }
}
