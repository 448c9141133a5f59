// SPDX-License-Identifier: Apache-2.0
package dev.parley.feed;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how long committed events wait below somebody's open transaction, in whichever database
 * of the cluster, and names the holder.
 */
final class Horizon {
  private static final Logger LOG = LoggerFactory.getLogger(Horizon.class);
  private static final long NAME_AFTER_NANOS = Duration.ofSeconds(1).toNanos();
  private static final String HOLDER =
      """
      select 'process ' || pid || ' (' || coalesce(datname, '') || ', ' || coalesce(usename, '') || ', '
             || coalesce(application_name, '') || ', ' || coalesce(state, '') || ')'
      from pg_stat_activity where backend_xid = '%1$d'::xid
      union all
      select 'prepared transaction ' || gid from pg_prepared_xacts where transaction = '%1$d'::xid
      """;

  private volatile long since;
  private long at;
  private boolean named;

  /** Called after each read, on the tail's thread. */
  void watch(Connection connection, EventLog.Page page) throws SQLException {
    if (!page.pending()) {
      since = 0;
      return;
    }
    long now = System.nanoTime();
    if (since == 0 || at != page.horizon()) {
      since = now;
      at = page.horizon();
      named = false;
    } else if (!named && now - since > NAME_AFTER_NANOS) {
      named = true;
      LOG.warn("The feed waits behind transaction {}: {}", at, holder(connection));
    }
  }

  Duration held() {
    long start = since;
    return start == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - start);
  }

  /** Ids and names only; a query's text may hold content. */
  private String holder(Connection connection) throws SQLException {
    // The short form of a transaction id is its lower 32 bits.
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(HOLDER.formatted(at & 0xffff_ffffL))) {
      return rows.next() ? rows.getString(1) : "not found any more";
    }
  }
}
