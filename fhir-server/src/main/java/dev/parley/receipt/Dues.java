// SPDX-License-Identifier: Apache-2.0
package dev.parley.receipt;

import dev.parley.store.Keys;
import dev.parley.store.Sql;
import dev.parley.store.TimeRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** By when threads want something of somebody: the first end of the open Tasks that they see. */
final class Dues {
  private Dues() {}

  /**
   * By self of the thread, as the Task says it.
   *
   * @param visible which Tasks are seen, over rows t of resource
   */
  static Map<Long, String> of(Connection connection, List<InboxRow> page, Sql visible)
      throws SQLException {
    Map<Long, String> dues = new HashMap<>();
    Sql query =
        Sql.of(
            """
            select h.self, t.body::jsonb #>> '{restriction,period,end}' as due
            from unnest(:threads) h(self) join resource t on t.keys @> array[:focus # h.self]
            where t.body is not null and t.body::jsonb ->> 'status' in
                ('draft', 'requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold')
              and t.body::jsonb #>> '{restriction,period,end}' is not null and (:visible)""",
            "threads",
            page.stream().mapToLong(InboxRow::thread).toArray(),
            "focus",
            Keys.param("Task", "focus"),
            "visible",
            visible);
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        dues.merge(row.getLong(1), row.getString(2), Dues::first);
      }
    }
    return dues;
  }

  /** Of two times; text does not know of zones. */
  private static String first(String one, String other) {
    return TimeRange.ofElement(other).high().isBefore(TimeRange.ofElement(one).high())
        ? other
        : one;
  }
}
