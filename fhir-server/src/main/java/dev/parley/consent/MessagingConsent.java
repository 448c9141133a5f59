// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.config.Setting;
import dev.parley.feature.Feature;
import dev.parley.feature.Tools;
import dev.parley.store.Rule;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Whether a message may pass to or from a patient; docs/features/consent.md is the page. */
public final class MessagingConsent implements Feature {
  private final ChartReader chart;
  private final ConsentGate gate;
  private final ConsentRule rule;
  private final ConsentOperations operations;

  /**
   * @param admitted whether somebody might log in now
   */
  public MessagingConsent(Tools tools, Predicate<String> admitted) {
    String organization = tools.config().text(Setting.PARLEY_ORGANIZATION);
    String number = tools.config().text(Setting.PARLEY_CLINIC_PHONE);
    chart = new ChartReader(tools.fhir(), tools.references());
    Asks asks = new Asks(chart, organization);
    gate =
        new ConsentGate(chart, asks, new ClinicPhone(chart, organization, number), tools.clock());
    Ages ages = new Ages(chart, tools.config().text(Setting.PARLEY_PROXY_AGES), tools.clock());
    rule =
        new ConsentRule(
            tools,
            chart,
            gate,
            new Notices(organization, tools.clock()),
            new HeldDrafts(tools, admitted),
            ages);
    Decisions decisions =
        new Decisions(organization, tools.config().text(Setting.PARLEY_CONSENT_TEXT));
    operations = new ConsentOperations(tools, chart, decisions, asks, ages);
  }

  @Override
  public List<Rule> rules() {
    return List.of(rule);
  }

  @Override
  public List<?> operations() {
    return List.of(operations);
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
}
