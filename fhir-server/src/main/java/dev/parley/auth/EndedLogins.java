// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.access.Scopes;
import dev.parley.db.Database;
import dev.parley.db.Rows;
import dev.parley.store.Trace;
import dev.parley.store.Trail;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logins that ended before their tokens: somebody logged off everywhere, left, died. The table
 * {@code ended_login} is the truth; each process holds it in memory and reads what is new at once
 * after its own writes, and twice a second for those of others.
 */
public final class EndedLogins implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EndedLogins.class);
  private static final long POLL_MILLIS = 500;

  /** Transactions are shorter than this: a row that shows up later has an earlier time. */
  private static final Duration OVERLAP = Duration.ofMinutes(2);

  /** No token lives longer. */
  private static final Duration KEEP = Duration.ofDays(32);

  private static final String INSERT =
      """
      insert into ended_login (person, before, reason) values (?, ?, ?)""";
  private static final String TOKENS =
      """
      update binding_token set expires = least(expires, ?) where owner = ?""";
  private static final String SELECT =
      """
      select number, person, before, reason, clock_timestamp() from ended_login where written >= ? order by number""";

  private final Database database;
  private final Trail trail;
  private final Clock clock;
  private final Map<String, Instant> before = new ConcurrentHashMap<>();
  private final Map<Long, Boolean> heard = new ConcurrentHashMap<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-logins"));
  private Instant read;

  /** Told of each end once, after it is committed; not in the thread of a request only. */
  public interface Listener {
    /**
     * @param person "Practitioner/x"
     * @param reason logged-off, or why they may not come back: inactive, deleted, deceased,
     *     role-ended, proxy-ended
     */
    void ended(String person, String reason);
  }

  public EndedLogins(Database database, Trail trail, Clock clock) {
    this.database = database;
    this.trail = trail;
    this.clock = clock;
  }

  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /** Begins to hear of what other processes end. */
  public void start() {
    refreshAndLog();
    timer.scheduleWithFixedDelay(
        this::refreshAndLog, POLL_MILLIS, POLL_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Ends every login of a person that began before this moment, and their binding tokens, with the
   * given transaction; {@link #refresh} after it is committed makes this process act upon it.
   */
  void end(Connection connection, String person, String reason, Instant at) throws SQLException {
    Rows.change(connection, INSERT, person, at, reason);
    Rows.change(connection, TOKENS, at, person);
    Caller whose = Caller.person(person, "parley", Scopes.NONE);
    trail.write(
        connection, List.of(Trace.of(whose, Origin.NONE, Trace.Action.LOGOUT).ending(0, reason)));
  }

  /** The same in a transaction of its own, acted upon here before it returns. */
  void end(String person, String reason, Instant at) throws SQLException {
    database.write(
        session -> {
          session.doWork(connection -> end(connection, person, reason, at));
          return null;
        });
    refresh();
  }

  /**
   * Whether a login of this moment is over. Tokens say whole seconds: one of the very second counts
   * as over, and whoever logs in then has to do it once more.
   */
  boolean ended(String person, Instant login) {
    Instant end = before.get(person);
    return end != null && login.getEpochSecond() <= end.getEpochSecond();
  }

  /** Reads what was ended since, here or elsewhere. */
  synchronized void refresh() throws SQLException {
    Instant from = read == null ? Instant.EPOCH : read.minus(OVERLAP);
    try (Connection connection = database.connection();
        PreparedStatement select = connection.prepareStatement(SELECT)) {
      select.setTimestamp(1, Timestamp.from(from));
      try (ResultSet row = select.executeQuery()) {
        boolean first = read == null;
        Instant now = null;
        while (row.next()) {
          now = row.getTimestamp(5).toInstant();
          take(row, !first);
        }
        if (now != null || first) {
          read = now == null ? Instant.EPOCH.plus(OVERLAP) : now;
        }
      }
    }
  }

  private void take(ResultSet row, boolean tell) throws SQLException {
    if (heard.putIfAbsent(row.getLong(1), true) != null) {
      return;
    }
    String person = row.getString(2);
    Instant end = row.getTimestamp(3).toInstant();
    before.merge(person, end, (one, other) -> one.isAfter(other) ? one : other);
    if (tell) {
      String reason = row.getString(4);
      LOG.info("Logins of {} have ended: {}", person, reason);
      listeners.forEach(listener -> listener.ended(person, reason));
    }
  }

  private void refreshAndLog() {
    try {
      refresh();
    } catch (SQLException | RuntimeException e) {
      LOG.warn("Ended logins are not read now: {}", e.toString());
    }
  }

  /** Forgets ends older than any token. */
  int purge() {
    Instant before = clock.instant().minus(KEEP);
    return database.with(
        connection -> Rows.change(connection, "delete from ended_login where written < ?", before));
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
