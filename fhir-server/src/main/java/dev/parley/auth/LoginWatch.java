// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.db.Database;
import dev.parley.feed.Feed;
import dev.parley.store.Keys;
import dev.parley.store.References;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends logins when time does it and nothing is written: the period of a role runs out, or that of a
 * proxy who listens on a socket.
 */
final class LoginWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoginWatch.class);
  private static final long EVERY_SECONDS = 10;

  /** What ended while no process ran. */
  private static final Duration BACK = Duration.ofHours(1);

  private static final String ENDED_ROLES =
      """
      select r.body, d.high from date_value d join resource r using (self)
      where d.param = ? and d.high > ? and d.high <= ? and r.body is not null limit 1000""";

  private final Database database;
  private final Feed feed;
  private final People people;
  private final EndedLogins logins;
  private final Sessions sessions;
  private final FhirContext fhir;
  private final References references;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-login-watch"));
  private Instant looked;
  private Instant purged = Instant.MIN;

  LoginWatch(
      Database database,
      Feed feed,
      People people,
      EndedLogins logins,
      Sessions sessions,
      FhirContext fhir,
      References references,
      Clock clock) {
    this.database = database;
    this.feed = feed;
    this.people = people;
    this.logins = logins;
    this.sessions = sessions;
    this.fhir = fhir;
    this.references = references;
    this.clock = clock;
    this.looked = clock.instant().minus(BACK);
  }

  void start() {
    timer.scheduleWithFixedDelay(this::lookAndLog, 1, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  private void lookAndLog() {
    try {
      look();
    } catch (SQLException | RuntimeException e) {
      LOG.warn("Whether logins have run out is not looked at now: {}", e.toString());
    }
  }

  /** Once through; any process may do it at any time. */
  void look() throws SQLException {
    Instant now = clock.instant();
    roles(now);
    listeners(now);
    looked = now;
    if (purged.plus(Duration.ofHours(1)).isBefore(now)) {
      logins.purge();
      sessions.purge();
      purged = now;
    }
  }

  private void roles(Instant now) throws SQLException {
    try (Connection connection = database.connection();
        PreparedStatement select = connection.prepareStatement(ENDED_ROLES)) {
      select.setLong(1, Keys.param("PractitionerRole", "date"));
      select.setTimestamp(2, Timestamp.from(looked));
      select.setTimestamp(3, Timestamp.from(now));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          PractitionerRole role =
              fhir.newJsonParser().parseResource(PractitionerRole.class, row.getString(1));
          Optional<References.Local> who =
              Optional.ofNullable(role.getPractitioner().getReference()).flatMap(references::local);
          if (who.isPresent()) {
            logins.end(who.get().toString(), "role-ended", row.getTimestamp(2).toInstant());
          }
        }
      }
    }
  }

  private void listeners(Instant now) throws SQLException {
    for (String person :
        feed.all().stream()
            .filter(s -> !s.owner().isSystem())
            .map(s -> s.owner().reference())
            .collect(Collectors.toSet())) {
      try {
        people.identity(person);
      } catch (BadToken e) {
        logins.end(person, "inactive", now);
      }
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
