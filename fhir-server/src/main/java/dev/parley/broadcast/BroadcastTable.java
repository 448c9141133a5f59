// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import dev.parley.access.Caller;
import dev.parley.store.Keys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
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
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into broadcast (id, author, client) values (?, ?, ?)")) {
      insert.setString(1, id);
      insert.setString(2, by.isSystem() ? null : by.reference());
      insert.setString(3, by.client());
      insert.execute();
    }
    List<String> threads = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    List<Long> selves = new ArrayList<>();
    for (int i = 0; i < people.size(); i++) {
      threads.add(ids.get());
      messages.add(ids.get());
      selves.add(Keys.self("Communication", messages.get(i)));
    }
    try (PreparedStatement insert = connection.prepareStatement(ADD)) {
      insert.setString(1, id);
      insert.setArray(2, connection.createArrayOf("text", people.toArray()));
      insert.setArray(3, connection.createArrayOf("text", threads.toArray()));
      insert.setArray(4, connection.createArrayOf("text", messages.toArray()));
      insert.setArray(5, connection.createArrayOf("bigint", selves.toArray()));
      insert.execute();
    }
  }

  static Optional<Author> author(Connection connection, String id) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("select author, client from broadcast where id = ?")) {
      query.setString(1, id);
      try (ResultSet row = query.executeQuery()) {
        return row.next()
            ? Optional.of(new Author(row.getString(1), row.getString(2)))
            : Optional.empty();
      }
    }
  }

  static List<Recipient> waiting(Connection connection, String id, int most) throws SQLException {
    List<Recipient> found = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(WAITING)) {
      query.setString(1, id);
      query.setInt(2, most);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.add(
              new Recipient(row.getInt(1), row.getString(2), row.getString(3), row.getString(4)));
        }
      }
    }
    return found;
  }

  /**
   * @param refusal its code, or null if it was sent
   */
  static void done(Connection connection, String id, int place, String refusal)
      throws SQLException {
    try (PreparedStatement update = connection.prepareStatement(DONE)) {
      update.setString(1, refusal == null ? "sent" : "refused");
      update.setString(2, refusal);
      update.setString(3, id);
      update.setInt(4, place);
      update.execute();
    }
  }

  static void revoke(Connection connection, String id) throws SQLException {
    try (PreparedStatement update = connection.prepareStatement(REVOKE)) {
      update.setString(1, id);
      update.execute();
    }
  }

  static List<Progress> progress(Connection connection, String id) throws SQLException {
    List<Progress> found = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(PROGRESS)) {
      query.setString(1, id);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.add(
              new Progress(
                  row.getString(1),
                  row.getString(2),
                  row.getString(3),
                  row.getString(4),
                  time(row, 5),
                  time(row, 6),
                  time(row, 7)));
        }
      }
    }
    return found;
  }

  private static Instant time(ResultSet row, int column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}
