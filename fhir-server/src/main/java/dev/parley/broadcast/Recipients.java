// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import dev.parley.access.Refusal;
import dev.parley.store.Chart;
import dev.parley.store.Lookup;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.Reference;

/** Everybody for whom a broadcast is, at the moment when it is asked for. */
final class Recipients {
  private static final int MOST = 10_000;

  private final Chart chart;

  Recipients(Chart chart) {
    this.chart = chart;
  }

  /**
   * Each once; of groups and teams the members, not the sender.
   *
   * @throws Refusal 422 if there is nobody, more than ten thousand, or no such Group
   */
  Set<String> of(CommunicationRequest request, Connection connection, Instant now)
      throws SQLException {
    Set<String> people = new LinkedHashSet<>();
    for (Reference each : request.getRecipient()) {
      String who =
          chart
              .local(each)
              .orElseThrow(
                  () ->
                      Refusal.unprocessable(
                              "value",
                              "recipient-elsewhere",
                              "A broadcast goes to recipients of this server")
                          .at("CommunicationRequest.recipient"));
      if (isGroup(who) && Lookup.one(connection, who).isEmpty()) {
        throw Refusal.unprocessable(
                "not-found", "unknown-reference", who + " is referred to but is not known here")
            .at("CommunicationRequest.recipient");
      }
      people.addAll(chart.people(connection, who, now));
    }
    chart.local(request.getSender()).ifPresent(people::remove);
    if (people.isEmpty() || people.size() > MOST) {
      throw Refusal.unprocessable(
              "business-rule",
              people.isEmpty() ? "no-recipient" : "too-many-recipients",
              people.isEmpty()
                  ? "A broadcast needs recipients: people, roles, a Group or a CareTeam with members"
                  : "A broadcast goes to %d at the most; divide the Group".formatted(MOST))
          .at("CommunicationRequest.recipient");
    }
    return people;
  }

  private static boolean isGroup(String who) {
    return who.startsWith("Group/") || who.startsWith("CareTeam/");
  }
}
