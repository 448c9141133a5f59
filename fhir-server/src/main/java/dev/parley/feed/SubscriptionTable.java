// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the row beside a Subscription, in the transaction of the resource: from that transaction's
 * snapshot on, what matches is counted.
 */
public final class SubscriptionTable {
  private static final String PUT =
      """
      insert into subscription (self, id, owner, client, scopes, topic, criteria, backport, channel, endpoint, headers, mime,
        content, heartbeat, timeout, max_count, status, error, ends, patient)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (self) do update set client = excluded.client, scopes = excluded.scopes,
        patient = excluded.patient, topic = excluded.topic, criteria = excluded.criteria,
        backport = excluded.backport, channel = excluded.channel, endpoint = excluded.endpoint,
        headers = excluded.headers, mime = excluded.mime, content = excluded.content,
        heartbeat = excluded.heartbeat, timeout = excluded.timeout, max_count = excluded.max_count,
        status = excluded.status, error = excluded.error, ends = excluded.ends
      """;

  // Another match begins another segment; the first has base 0, a later one's is found by reading.
  private static final String SEGMENT =
      """
      insert into subscription_segment (self, era, matches, base)
      select ?, coalesce((select value from parley_state where name = 'era'), '1')::smallint, ?,
             case when last.matches is null then 0 end
      from (select 1) one
      left join lateral (select g.matches from subscription_segment g where g.self = ?
                         order by g.era desc, g.xid desc limit 1) last on true
      where last.matches is distinct from ?
      """;

  private SubscriptionTable() {}

  /**
   * A new or changed subscription.
   *
   * @param matches from {@link Criteria#text}
   */
  public static void put(Connection connection, SubscriptionRow row, String matches)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PUT)) {
      statement.setLong(1, row.self());
      statement.setString(2, row.id());
      statement.setString(3, row.owner());
      statement.setString(4, row.client());
      statement.setString(5, row.scopes());
      statement.setString(6, row.topic());
      statement.setString(7, row.criteria());
      statement.setBoolean(8, row.backport());
      statement.setString(9, row.channel());
      statement.setString(10, row.endpoint());
      statement.setArray(11, connection.createArrayOf("text", row.headers().toArray()));
      statement.setString(12, row.mime());
      statement.setString(13, row.content());
      statement.setObject(14, row.heartbeat(), Types.INTEGER);
      statement.setObject(15, row.timeout(), Types.INTEGER);
      statement.setInt(16, row.maxCount());
      statement.setString(17, row.status());
      statement.setString(18, row.error());
      statement.setTimestamp(19, row.ends() == null ? null : Timestamp.from(row.ends()));
      statement.setString(20, row.patient());
      statement.executeUpdate();
    }
    Rows.change(connection, SEGMENT, row.self(), matches, row.self(), matches);
  }

  /** The server's own changes: how it stands with a subscription. */
  public static void status(Connection connection, long self, String status, String error)
      throws SQLException {
    Rows.change(
        connection,
        "update subscription set status = ?, error = ? where self = ?",
        status,
        error,
        self);
  }

  /** The headers with their secrets; none if there is no such subscription. */
  public static List<String> headers(Connection connection, long self) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("select headers from subscription where self = ?")) {
      statement.setLong(1, self);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? List.of((String[]) row.getArray(1).getArray()) : List.of();
      }
    }
  }

  /** The subscriptions of one owner. */
  public static long[] ofOwner(Connection connection, String owner) throws SQLException {
    return Rows.one(
        connection,
        "select coalesce(array_agg(self), '{}') from subscription where owner = ?",
        row ->
            Arrays.stream((Long[]) row.getArray(1).getArray()).mapToLong(Long::longValue).toArray(),
        owner);
  }

  public static void delete(Connection connection, long self) throws SQLException {
    Rows.change(connection, "delete from subscription where self = ?", self);
  }
}
