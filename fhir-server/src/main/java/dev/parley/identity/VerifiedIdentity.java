// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.agenda.Agenda;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.store.Chart;
import dev.parley.store.Redaction;
import dev.parley.store.References;
import dev.parley.store.ResourceStore;
import dev.parley.store.Rule;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Period;
import java.util.function.Function;
import java.util.function.Supplier;

/** Puts the parts of this feature together. */
public final class VerifiedIdentity implements AutoCloseable {
  private final FhirContext fhir;
  private final Supplier<ResourceStore> store;
  private final Chart chart;
  private final Clock clock;
  private final Period valid;
  private final WithheldText text;
  private final IdentityRule rule;
  private final WithheldWatch watch;
  private final ExpiringProofs expiring;

  /**
   * @param store made after its rules
   */
  public VerifiedIdentity(
      Config config,
      FhirContext fhir,
      Database database,
      Supplier<ResourceStore> store,
      Agenda agenda,
      Clock clock) {
    this.fhir = fhir;
    this.store = store;
    this.clock = clock;
    chart = new Chart(fhir, new References(config));
    valid = Period.ofMonths(config.number(Setting.PARLEY_IDENTITY_MONTHS));
    Levels levels = Levels.of(config.text(Setting.PARLEY_IDENTITY_LEVELS));
    text = new WithheldText(fhir, chart, levels, config.text(Setting.PARLEY_IDENTITY_TEXT), clock);
    CallTasks calls = new CallTasks(clock);
    Unveiling unveiling = new Unveiling(fhir, database, store, chart, levels, agenda, clock);
    rule = new IdentityRule(fhir, chart, levels, calls, unveiling, clock);
    Duration due = Duration.ofHours(config.number(Setting.PARLEY_WITHHELD_HOURS));
    expiring = new ExpiringProofs(fhir, database, store, chart, clock);
    watch = new WithheldWatch(fhir, database, store, chart, calls, expiring, due, clock);
  }

  public Redaction redaction() {
    return text;
  }

  public Rule rule() {
    return rule;
  }

  /** The HAPI provider of the operation. */
  public Object operations(
      Function<RequestDetails, Caller> callers, Function<RequestDetails, Origin> origins) {
    return new VerifyOperation(fhir, store, callers, origins, chart, valid, clock);
  }

  public void start() {
    watch.start();
  }

  /** What the timer does each minute. */
  public void sweep() throws SQLException {
    watch.sweep();
  }

  /** What it does each hour. */
  public void announce() throws SQLException {
    expiring.announce();
  }

  @Override
  public void close() {
    watch.close();
  }
}
