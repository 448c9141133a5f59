// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.parley.db.Database;
import dev.parley.db.Rows;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a person's login lasts: so long after the last request, and so long in all. When each
 * was last used is written down every few seconds, so that it holds over restarts and processes.
 */
final class Sessions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);
  private static final long WRITE_SECONDS = 10;
  private static final Duration KEEP = Duration.ofDays(32);
  private static final String UPSERT =
      """
      insert into login_session (id, person, begun, seen) values (?, ?, ?, ?)
      on conflict (id) do update set seen = greatest(login_session.seen, excluded.seen)""";

  private final Database database;
  private final Duration idle;
  private final Duration most;
  private final Clock clock;
  private final Cache<String, Seen> known = Caffeine.newBuilder().maximumSize(200_000).build();
  private final Map<String, Seen> unwritten = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-sessions"));

  /**
   * @param idle how long a login may go unused
   * @param most how long it may last
   */
  Sessions(Database database, Duration idle, Duration most, Clock clock) {
    this.database = database;
    this.idle = idle;
    this.most = most;
    this.clock = clock;
  }

  private record Seen(String id, String person, Instant begun, Instant at) {}

  void start() {
    timer.scheduleWithFixedDelay(this::write, WRITE_SECONDS, WRITE_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * What a use of a login says of it.
   *
   * @param begins whether this is the first time
   * @param until when it ends if it is not used again
   */
  record Use(boolean begins, Instant until) {}

  /**
   * Notes that a login is used.
   *
   * @param id the issuer's, with the issuer
   * @param begun when the person logged in, as the token says
   * @throws BadToken if it has lasted too long, or was left alone too long
   */
  Use use(String id, String person, Instant begun) throws BadToken {
    Instant now = clock.instant();
    Seen seen = known.getIfPresent(id);
    if (seen == null || isIdle(seen, now)) {
      // Never used here, or idle here: it may have been used through another process.
      seen = later(seen, stored(id));
    }
    if (seen != null && isIdle(seen, now)) {
      throw new BadToken("The login was not used for too long; log in again");
    }
    Instant first = seen != null && seen.begun().isBefore(begun) ? seen.begun() : begun;
    Instant end = first.plus(most);
    if (end.isBefore(now)) {
      throw new BadToken("The login has lasted too long; log in again");
    }
    Instant alone = now.plus(idle);
    Instant until = end.isBefore(alone) ? end : alone;
    if (seen != null && seen.at().equals(now)) {
      return new Use(false, until);
    }
    Seen again = new Seen(id, person, first, now);
    Seen before = known.asMap().put(id, again);
    unwritten.put(id, again);
    // Of two requests at the same time one is the first.
    return new Use(seen == null && before == null, until);
  }

  private boolean isIdle(Seen seen, Instant now) {
    return seen.at().plus(idle).isBefore(now);
  }

  private static Seen later(Seen one, Seen other) {
    return one == null || other != null && other.at().isAfter(one.at()) ? other : one;
  }

  /** As another process, or an earlier one, has written it; null if none has. */
  private Seen stored(String id) {
    return database.with(
        connection ->
            Rows.first(
                    connection,
                    "select person, begun, seen from login_session where id = ?",
                    row -> new Seen(id, row.getString(1), Rows.time(row, 2), Rows.time(row, 3)),
                    id)
                .orElse(null));
  }

  /** Losing the last of them at a crash shortens a login by seconds. */
  private synchronized void write() {
    // In one order, so that two processes do not wait for each other.
    List<Seen> all = unwritten.values().stream().sorted(Comparator.comparing(Seen::id)).toList();
    if (all.isEmpty()) {
      return;
    }
    try (Connection connection = database.connection();
        PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      for (Seen each : all) {
        upsert.setString(1, each.id());
        upsert.setString(2, each.person());
        upsert.setTimestamp(3, Timestamp.from(each.begun()));
        upsert.setTimestamp(4, Timestamp.from(each.at()));
        upsert.addBatch();
      }
      upsert.executeBatch();
      all.forEach(each -> unwritten.remove(each.id(), each));
    } catch (SQLException e) {
      LOG.warn("When logins were last used is not written now: {}", e.toString());
    }
  }

  /** Forgets what is long over. */
  void purge() {
    Instant before = clock.instant().minus(KEEP);
    database.run(
        connection -> Rows.change(connection, "delete from login_session where seen < ?", before));
  }

  @Override
  public void close() {
    timer.shutdown();
    write();
  }
}
