// SPDX-License-Identifier: Apache-2.0
package dev.parley.audit;

import dev.parley.audit.Seal.Segment;
import dev.parley.db.Database;
import dev.parley.store.Trail;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what requests have written into sealed segments. One transaction, short because the feed's
 * horizon waits for it; what more there is goes into the next segment.
 */
public final class Sealing {
  private static final Logger LOG = LoggerFactory.getLogger(Sealing.class);
  private static final byte[] BEGINNING = {};
  private static final int MOST = 1_000;
  private static final String MOVE =
      """
      with taken as (
        delete from audit_inbox where ctid = any(array(select ctid from audit_inbox limit %d)) returning *
      ), a as (
        select row_number() over (order by at, action, agent, id)::int as position, t.* from taken t
      ), stored as (
        insert into audit (month, segment, position, at, action, agent, client, session, purpose, note, address,
                           request, type, id, version, query, patients, outcome, reason, recipients)
        select ?, ?, position, at, action, agent, client, session, purpose, note, address,
               request, type, id, version, query, patients, outcome, reason, recipients from a
      )
      select count(*), min(at), max(at), %s from a"""
          .formatted(MOST, AuditSql.CONTENT);

  private final Database database;
  private final Trail trail;
  private final Seal seal;
  private final Clock clock;
  private final Set<Integer> months = ConcurrentHashMap.newKeySet();

  /**
   * @param keys of the setting, with commas; the first seals
   */
  public Sealing(Database database, Trail trail, String keys, Clock clock) {
    this.database = database;
    this.trail = trail;
    this.seal = Seal.of(keys);
    this.clock = clock;
  }

  /** Seals everything that was committed before the call; whoever reads the trail asks for that. */
  public void now() throws SQLException {
    trail.deliveries().flush();
    int entries = MOST;
    while (entries == MOST) {
      entries = once();
    }
  }

  private int once() throws SQLException {
    try (Connection connection = database.connection()) {
      if (isEmpty(connection)) {
        return 0;
      }
      int month = month();
      if (months.add(month)) {
        addPartitions(connection, month);
      }
      return Database.transaction(connection, c -> seal(c, month));
    }
  }

  private static boolean isEmpty(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select exists (select from audit_inbox)")) {
      row.next();
      return !row.getBoolean(1);
    }
  }

  private int month() {
    OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
    return now.getYear() * 100 + now.getMonthValue();
  }

  /**
   * Best effort: a long read (a backup) may hold the tables, or a restore has put rows of this
   * month into the default partition. Then they stay there, which costs the purge some time.
   */
  private static void addPartitions(Connection connection, int month) {
    try (Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("set local lock_timeout = '300ms'");
      statement.execute("select pg_advisory_xact_lock(hashtextextended('parley audit seal', 0))");
      statement.execute(
          "create table if not exists audit_%d partition of audit for values in (%d)"
              .formatted(month, month));
      connection.commit();
    } catch (SQLException e) {
      LOG.info("No partition of its own for audit rows of {}: {}", month, e.getSQLState());
      rollBack(connection);
    } finally {
      autoCommit(connection);
    }
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      LOG.debug("Not rolled back", e);
    }
  }

  private static void autoCommit(Connection connection) {
    try {
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      LOG.debug("The connection is gone", e);
    }
  }

  private int seal(Connection connection, int month) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // One process at a time; taken before anything is written, so that waiting holds no horizon.
      statement.execute("select pg_advisory_xact_lock(hashtextextended('parley audit seal', 0))");
    }
    Optional<Segment> before = Segments.last(connection);
    long number = before.map(Segment::number).orElse(0L) + 1;
    try (PreparedStatement move = connection.prepareStatement(MOVE)) {
      move.setInt(1, month);
      move.setLong(2, number);
      try (ResultSet row = move.executeQuery()) {
        row.next();
        int entries = row.getInt(1);
        if (entries > 0) {
          Segment open =
              new Segment(
                  number,
                  month,
                  row.getObject(2, OffsetDateTime.class).toInstant(),
                  row.getObject(3, OffsetDateTime.class).toInstant(),
                  entries,
                  row.getBytes(4),
                  seal.keyed(),
                  BEGINNING,
                  null);
          byte[] sealed = seal.of(open, before.map(Segment::seal).orElse(BEGINNING));
          Segments.insert(connection, sealed(open, sealed));
        }
        return entries;
      }
    }
  }

  private static Segment sealed(Segment open, byte[] seal) {
    return new Segment(
        open.number(),
        open.month(),
        open.began(),
        open.ended(),
        open.entries(),
        open.content(),
        open.keyed(),
        seal,
        null);
  }

  /** {@code number:seal} of the newest segment: what to keep elsewhere. */
  public Optional<String> head() throws SQLException {
    try (Connection connection = database.connection()) {
      return Segments.last(connection)
          .map(last -> last.number() + ":" + HexFormat.of().formatHex(last.seal()));
    }
  }
}
