// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import dev.parley.access.Caller;
import dev.parley.db.Rows;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Who is to get a broadcast, and what has become of it. */
final class BroadcastTable {
  private static final String ADD =
      """
      insert into broadcast_recipient (broadcast, place, who, thread, message, self)
        select ?, r.place, r.who, r.thread, r.message, r.self
        from unnest(?::text[], ?::text[], ?::text[], ?::bigint[]) with ordinality
          r(who, thread, message, self, place)""";

  private static final String WAITING =
      """
      select place, who, thread, message from broadcast_recipient
      where broadcast = ? and state = 'waiting' order by place limit ?""";

  private static final String DONE =
      """
      update broadcast_recipient set state = ?, reason = ?
      where broadcast = ? and place = ? and state = 'waiting'""";

  private static final String REVOKE =
      "update broadcast_recipient set state = 'revoked' where broadcast = ? and state = 'waiting'";

  /** What others have told of their receipts; a private mark is told to nobody. */
  private static final String PROGRESS =
      """
      select b.who, b.state, b.reason, b.message, r.delivered, r.read, r.acknowledged
      from broadcast_recipient b left join lateral (
        select min(delivered) as delivered, min(read) filter (where not hidden) as read,
          min(acknowledged) as acknowledged
        from receipt where message = b.self) r on b.state = 'sent'
      where b.broadcast = ? order by b.place""";

  private BroadcastTable() {}

  /** One who gets it, and the ids of what they get. */
  record Recipient(int place, String who, String thread, String message) {}

  /** Whose broadcast it is: a person, or null for a client that is none. */
  record Author(String person, String client) {}

  /** What has become of it for one of them. */
  record Progress(
      String who,
      String state,
      String reason,
      String message,
      Instant delivered,
      Instant read,
      Instant acknowledged) {}

  static void begin(
      Connection connection, String id, Caller by, Collection<String> people, Supplier<String> ids)
      throws SQLException {
    Rows.change(
        connection,
        "insert into broadcast (id, author, client) values (?, ?, ?)",
        id,
        by.isSystem() ? null : by.reference(),
        by.client());
    List<String> threads = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    List<Long> selves = new ArrayList<>();
    for (int i = 0; i < people.size(); i++) {
      threads.add(ids.get());
      messages.add(ids.get());
      selves.add(Keys.self("Communication", messages.get(i)));
    }
    Rows.change(
        connection,
        ADD,
        id,
        people.toArray(String[]::new),
        threads.toArray(String[]::new),
        messages.toArray(String[]::new),
        selves.stream().mapToLong(Long::longValue).toArray());
  }

  static Optional<Author> author(Connection connection, String id) throws SQLException {
    return Rows.first(
        connection,
        "select author, client from broadcast where id = ?",
        row -> new Author(row.getString(1), row.getString(2)),
        id);
  }

  static List<Recipient> waiting(Connection connection, String id, int most) throws SQLException {
    return Rows.list(
        connection,
        WAITING,
        row -> new Recipient(row.getInt(1), row.getString(2), row.getString(3), row.getString(4)),
        id,
        most);
  }

  /**
   * @param refusal its code, or null if it was sent
   */
  static void done(Connection connection, String id, int place, String refusal)
      throws SQLException {
    Rows.change(connection, DONE, refusal == null ? "sent" : "refused", refusal, id, place);
  }

  static void revoke(Connection connection, String id) throws SQLException {
    Rows.change(connection, REVOKE, id);
  }

  static List<Progress> progress(Connection connection, String id) throws SQLException {
    return Rows.list(
        connection,
        PROGRESS,
        row ->
            new Progress(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                Rows.time(row, 5),
                Rows.time(row, 6),
                Rows.time(row, 7)),
        id);
  }
}
