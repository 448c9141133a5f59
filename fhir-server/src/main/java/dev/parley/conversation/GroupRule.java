// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Group;
import org.hl7.fhir.r4.model.Group.GroupType;

/**
 * A Group of staff takes part in a conversation as a CareTeam does. One of patients does not: in a
 * thread they would see each other, and none of them has said that they may. A broadcast writes to
 * each of them alone.
 */
final class GroupRule implements Rule {
  private final Chart chart;
  private final Clock clock;

  GroupRule(Chart chart, Clock clock) {
    this.chart = chart;
    this.clock = clock;
  }

  /** Those whom the writer brings in: a reply goes where its thread goes. */
  private Set<String> broughtIn(Change change) {
    if (!(change.after() instanceof Communication after)
        || !change.sends()
        || after.getStatus() == CommunicationStatus.PREPARATION && after.hasPayload()) {
      return Set.of();
    }
    Set<String> groups = groups(after);
    if (change.before() instanceof Communication before && !MessageRule.isDraft(before)) {
      groups.removeAll(groups(before));
    }
    return groups;
  }

  private Set<String> groups(Communication message) {
    Set<String> groups = new HashSet<>();
    message.getRecipient().stream()
        .flatMap(r -> chart.local(r).stream())
        .filter(who -> who.startsWith("Group/"))
        .forEach(groups::add);
    return groups;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return !broughtIn(change).isEmpty();
  }

  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    for (String group : broughtIn(change)) {
      if (!isInThread(group, (Communication) change.after(), transaction.connection())
          && !isOfStaff(group, transaction.connection())) {
        throw Refusal.unprocessable(
                "business-rule",
                "group-of-patients",
                "%s is of patients, who are not to hear of each other; a broadcast writes to each of them"
                    .formatted(group))
            .at("Communication.recipient");
      }
    }
  }

  /**
   * As an older system has recorded it; a message that is tried again has its recipients by then.
   */
  private boolean isInThread(String group, Communication message, Connection connection)
      throws SQLException {
    return message.hasPartOf() && groups(Header.over(message, chart, connection)).contains(group);
  }

  private boolean isOfStaff(String group, Connection connection) throws SQLException {
    Set<String> people = chart.people(connection, group, clock.instant());
    if (people.stream().anyMatch(Chart::isPatientSide)) {
      return false;
    }
    return people.stream().anyMatch(who -> who.startsWith("Practitioner"))
        || chart
            .find(connection, group, Group.class)
            .filter(g -> g.getType() == GroupType.PRACTITIONER)
            .isPresent();
  }
}
