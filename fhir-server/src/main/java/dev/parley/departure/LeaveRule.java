// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.Rule;
import dev.parley.store.Step;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/**
 * Whoever leaves holds nothing any more, from the transaction that says so: no Task of theirs waits
 * for somebody who does not come back, no message goes out in their name.
 */
final class LeaveRule implements Rule {
  private final Chart chart;
  private final Claims claims;
  private final RoleEnds roleEnds;
  private final Clock clock;

  LeaveRule(Chart chart, Settling settling, RoleEnds roleEnds, Clock clock) {
    this.chart = chart;
    this.claims = new Claims(chart, settling);
    this.roleEnds = roleEnds;
    this.clock = clock;
  }

  /** A claim that comes at the same time waits for the end, and is refused; records are kept. */
  @Override
  public void beforeWrite(Change change, Transaction transaction) throws SQLException {
    if (!change.sends() || !(change.after() instanceof Task task)) {
      return;
    }
    Optional<String> owner =
        chart.local(task.getOwner()).filter(o -> o.startsWith("Practitioner/"));
    if (owner.isPresent()) {
      transaction.shared(Keys.of(owner.get()));
      if (chart
          .find(transaction.connection(), owner.get(), Practitioner.class)
          .filter(LeaveRule::isActive)
          .isEmpty()) {
        throw Refusal.unprocessable(
                "business-rule", "owner-left", owner.get() + " does not work here any more")
            .at("Task.owner");
      }
    }
  }

  @Override
  public boolean needsTransaction(Change change) {
    return change.after() instanceof Task task && change.sends() && task.hasOwner()
        || change.type().equals("Practitioner")
        || change.type().equals("PractitionerRole");
  }

  private static boolean isActive(Resource resource) {
    return resource instanceof Practitioner practitioner
        && !Boolean.FALSE.equals(practitioner.getActiveElement().getValue());
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (change.after() instanceof PractitionerRole role) {
      roleEnds.note(role, change.id(), connection);
    }
  }

  @Override
  public List<Step> follows(List<Change> changes, Connection connection) throws SQLException {
    List<Step> steps = new ArrayList<>();
    for (Change change : changes) {
      if (isActive(change.before()) && !isActive(change.after())) {
        List<String> holders = new ArrayList<>(List.of("Practitioner/" + change.id()));
        Lookup.referring(connection, "PractitionerRole", "practitioner", List.of(holders.get(0)))
            .forEach(role -> holders.add(role.reference()));
        steps.addAll(claims.released(holders, "sender-left", pool -> true, connection));
      } else if (change.before() instanceof PractitionerRole before
          && Roles.isInForce(before, clock.instant())) {
        before.setId(change.id());
        steps.addAll(roleEnds.released(before, goesOn(change), connection));
      }
    }
    return steps;
  }

  /** The role as it goes on; null if this ends it. */
  private PractitionerRole goesOn(Change change) {
    return change.after() instanceof PractitionerRole after
            && Roles.isInForce(after, clock.instant())
        ? after
        : null;
  }
}
