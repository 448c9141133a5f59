// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.duty.Duty;
import dev.parley.duty.Rungs;
import dev.parley.store.Chart;
import dev.parley.store.Lookup;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Task;

/** Finds whom the ladder of a recipient's service names next, of those who can be asked. */
record NextRung(Chart chart, Duty duty, Rungs rungs) {
  /**
   * What is found.
   *
   * @param step how many rungs have been climbed with it
   * @param who null if nobody is left
   * @param pause until the next one; null if there is none
   */
  record Rung(int step, String who, Duration pause) {}

  Rung of(Connection connection, Unreached.Late late, Instant now) throws SQLException {
    // Patients have no service: it is for the people of their sender to reach them.
    String whose = Chart.isPatientSide(late.recipient()) ? late.sent().sender() : late.recipient();
    List<String> services = services(connection, whose);
    String service = services.isEmpty() ? null : services.get(0);
    // The owner of a message that was not delivered is the one who is not reached.
    List<Rungs.Rung> all =
        rungs.of(connection, service).stream().filter(r -> !r.to().equals("owner")).toList();
    Set<String> not = new HashSet<>(Set.of(late.recipient(), late.sent().sender()));
    for (Task each : late.standIns()) {
      chart.local(each.getOwner()).ifPresent(not::add);
    }
    for (Task each : late.sent().tasks(Tasks.ACKNOWLEDGE)) {
      chart.local(each.getOwner()).ifPresent(not::add);
    }
    for (int i = late.step(); i < all.size(); i++) {
      Optional<String> who = who(connection, all.get(i), service, not, now);
      if (who.isPresent()) {
        Duration pause =
            i + 1 == all.size() ? null : all.get(i + 1).after().minus(all.get(i).after());
        return new Rung(i + 1, who.get(), pause);
      }
    }
    return new Rung(Math.max(all.size(), late.step() + 1), null, null);
  }

  /** Whom it names; the service's pool if it names somebody of whom none is there. */
  private Optional<String> who(
      Connection connection, Rungs.Rung rung, String service, Set<String> not, Instant now)
      throws SQLException {
    if (rung.to().indexOf('/') > 0) {
      return Optional.of(rung.to()).filter(w -> !not.contains(w));
    }
    if (service == null) {
      return Optional.empty();
    }
    return duty.holders(connection, service, rung.to(), now).stream()
        .filter(w -> !not.contains(w))
        .findFirst()
        .or(() -> Optional.of(service).filter(w -> !not.contains(w)));
  }

  /** For which somebody works, in the order of their roles. */
  List<String> services(Connection connection, String who) throws SQLException {
    if (who.startsWith("HealthcareService/")) {
      return List.of(who);
    }
    List<PractitionerRole> roles = new ArrayList<>();
    if (who.startsWith("PractitionerRole/")) {
      chart.find(connection, who, PractitionerRole.class).ifPresent(roles::add);
    } else if (who.startsWith("Practitioner/")) {
      for (StoredResource each :
          Lookup.referring(connection, "PractitionerRole", "practitioner", List.of(who))) {
        roles.add(chart.parse(each, PractitionerRole.class));
      }
    }
    return roles.stream()
        .filter(role -> !Boolean.FALSE.equals(role.getActiveElement().getValue()))
        .flatMap(role -> role.getHealthcareService().stream())
        .flatMap(service -> chart.local(service).stream())
        .distinct()
        .toList();
  }
}
