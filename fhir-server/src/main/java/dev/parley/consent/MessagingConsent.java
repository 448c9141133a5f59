// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Origin;
import dev.parley.agenda.Agenda;
import dev.parley.config.Config;
import dev.parley.config.Setting;
import dev.parley.db.Database;
import dev.parley.store.References;
import dev.parley.store.ResourceStore;
import dev.parley.store.Rule;
import dev.parley.store.Trail;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Puts the parts of this feature together. */
public final class MessagingConsent {
  private final ConsentRule rule;
  private final ChartReader chart;
  private final Decisions decisions;
  private final Database database;
  private final Supplier<ResourceStore> store;
  private final FhirContext fhir;
  private final Clock clock;
  private final ConsentGate gate;
  private final Asks asks;

  /**
   * @param store made after its rules
   * @param admitted whether somebody might log in now
   */
  public MessagingConsent(
      Config config,
      FhirContext fhir,
      Database database,
      Supplier<ResourceStore> store,
      Predicate<String> admitted,
      Trail trail,
      Agenda agenda,
      Clock clock) {
    this.database = database;
    this.store = store;
    this.fhir = fhir;
    this.clock = clock;
    String organization = config.text(Setting.PARLEY_ORGANIZATION);
    chart = new ChartReader(fhir, new References(config));
    decisions = new Decisions(organization, config.text(Setting.PARLEY_CONSENT_TEXT));
    ClinicPhone phone =
        new ClinicPhone(chart, organization, config.text(Setting.PARLEY_CLINIC_PHONE));
    asks = new Asks(chart, organization);
    gate = new ConsentGate(chart, asks, phone, clock);
    Notices notices = new Notices(organization, clock);
    rule =
        new ConsentRule(
            chart,
            gate,
            new WhatStays(fhir, clock),
            new Withdrawal(chart, gate, notices, clock),
            notices,
            new HeldDrafts(store, admitted, fhir, agenda, clock),
            trail,
            fhir);
  }

  public Rule rule() {
    return rule;
  }

  /**
   * Whether somebody on the patient's side may be told of messages in this way.
   *
   * @param who a Patient or RelatedPerson
   * @param channel app, email
   */
  public boolean permits(Connection connection, String who, String channel) throws SQLException {
    Optional<String> patient = chart.patientOf(connection, who);
    return patient.isPresent()
        && gate.permitsInGeneral(chart.merged(connection, patient.get()), channel, connection);
  }

  /** The HAPI provider of the operations. */
  public Object operations(
      Function<RequestDetails, Caller> callers, Function<RequestDetails, Origin> origins) {
    return new ConsentOperations(
        database, store, callers, origins, chart, decisions, asks, fhir, clock);
  }
}
