// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.db.Database;
import dev.parley.store.Chart;
import dev.parley.store.Draft;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import dev.parley.thread.DaemonThreads;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.Communication;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks each minute which withheld messages are due, and has each called about once; each hour,
 * whose verification ends.
 */
final class WithheldWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WithheldWatch.class);

  /** Marked ones that are due and that no Task is about. */
  private static final String DUE =
      """
      select r.id from resource r
      where r.keys @> ? and r.body is not null and coalesce(r.at, r.updated) <= ?
        and not exists (select from resource t where t.keys && array[r.self # ?] and t.body is not null)
      limit 500""";

  private final FhirContext fhir;
  private final Database database;
  private final Supplier<ResourceStore> store;
  private final Chart chart;
  private final CallTasks calls;
  private final ExpiringProofs expiring;
  private final Duration due;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-withheld"));

  WithheldWatch(
      FhirContext fhir,
      Database database,
      Supplier<ResourceStore> store,
      Chart chart,
      CallTasks calls,
      ExpiringProofs expiring,
      Duration due,
      Clock clock) {
    this.fhir = fhir;
    this.database = database;
    this.store = store;
    this.chart = chart;
    this.calls = calls;
    this.expiring = expiring;
    this.due = due;
    this.clock = clock;
  }

  void start() {
    timer.scheduleWithFixedDelay(
        () -> {
          try {
            sweep();
          } catch (SQLException | RuntimeException e) {
            LOG.warn("withheld messages were not looked at: {}", e.toString());
          }
        },
        60,
        60,
        TimeUnit.SECONDS);
    timer.scheduleWithFixedDelay(
        () -> {
          try {
            expiring.announce();
          } catch (SQLException | RuntimeException e) {
            LOG.warn("verifications that end were not looked at: {}", e.toString());
          }
        },
        5,
        60,
        TimeUnit.MINUTES);
  }

  void sweep() throws SQLException {
    List<StoredResource> waiting = new ArrayList<>();
    try (Connection connection = database.connection();
        PreparedStatement query = connection.prepareStatement(DUE)) {
      long tag = Keys.param("Communication", "_tag");
      query.setObject(1, new long[] {tag ^ Keys.of(Withheld.SYSTEM + "|" + Withheld.IDENTITY)});
      query.setObject(2, clock.instant().minus(due).atOffset(ZoneOffset.UTC));
      query.setLong(3, Keys.param("Task", "focus"));
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          Lookup.one(connection, "Communication/" + row.getString(1)).ifPresent(waiting::add);
        }
      }
    }
    for (StoredResource each : waiting) {
      Communication message = chart.parse(each, Communication.class);
      // Conditional: of two processes one makes it.
      store
          .get()
          .as(Caller.SYSTEM)
          .write(
              Step.create(
                  Draft.of(calls.about(each.reference(), message), fhir),
                  "code=" + CallTasks.CODE + "&focus=" + each.reference()));
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
