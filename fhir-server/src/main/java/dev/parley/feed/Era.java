// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import dev.parley.db.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which life of which cluster the database is in. Transaction ids mean something only within one:
 * after a dump and restore, a logical upgrade or a failover they start elsewhere, and every cursor
 * would be dead without a word. Then a new era begins, and the earlier ones lie wholly below the
 * horizon.
 */
final class Era {
  private static final Logger LOG = LoggerFactory.getLogger(Era.class);

  private Era() {}

  /**
   * The era of this cluster, begun if need be. Called at every connect of the tail, before it
   * reads.
   */
  static int settle(Connection connection) throws SQLException {
    return Database.transaction(connection, Era::settled);
  }

  private static int settled(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // One process begins the era, the others find it begun.
      statement.execute("select pg_advisory_xact_lock(hashtextextended('parley era', 0))");
      String life = one(statement, LIFE);
      int era = Integer.parseInt(one(statement, "select " + state("era", "1")));
      String known = one(statement, "select " + state("era.life", "''"));
      boolean goesOn = known.isEmpty() ? !ahead(statement) : known.equals(life);
      if (!goesOn || ahead(statement)) {
        era++;
        statement.execute("alter table event alter column era set default " + era);
        LOG.warn("A new era of the event log begins: {} (cluster {}, before {})", era, life, known);
      }
      put(statement, "era", Integer.toString(era));
      put(statement, "era.life", life);
      return era;
    }
  }

  private static final String LIFE =
      "select (select system_identifier from pg_control_system()) || '/' ||"
          + " (select timeline_id from pg_control_checkpoint())";

  private static String state(String name, String otherwise) {
    return "coalesce((select value from parley_state where name = '%s'), %s::text)"
        .formatted(name, otherwise);
  }

  /** Whether the log holds a transaction that this cluster has not reached yet. */
  private static boolean ahead(Statement statement) throws SQLException {
    return one(
            statement,
            """
            select exists (select from event
              where era = %s::smallint and xid >= pg_snapshot_xmax(pg_current_snapshot()))
            """
                .formatted(state("era", "1")))
        .equals("t");
  }

  private static void put(Statement statement, String name, String value) throws SQLException {
    statement.execute(
        """
        insert into parley_state (name, value) values ('%s', '%s')
        on conflict (name) do update set value = excluded.value
          where parley_state.value <> excluded.value
        """
            .formatted(name, value));
  }

  private static String one(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
