// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.StoredResource;
import dev.parley.store.TimeRange;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;

/** The roles in which somebody works. */
final class Roles {
  private Roles() {}

  static boolean isInForce(PractitionerRole role, Instant now) {
    return !Boolean.FALSE.equals(role.getActiveElement().getValue()) && now.isBefore(end(role));
  }

  /** When it ends by itself; MAX for never. */
  static Instant end(PractitionerRole role) {
    return role.getPeriod().getEndElement().hasValue()
        ? TimeRange.ofElement(role.getPeriod().getEndElement().getValueAsString()).high()
        : Instant.MAX;
  }

  /** Those of a person that have not ended. */
  static List<PractitionerRole> inForce(
      Connection connection, Chart chart, String person, Instant now) throws SQLException {
    List<PractitionerRole> roles = new ArrayList<>();
    for (StoredResource stored :
        Lookup.referring(connection, "PractitionerRole", "practitioner", List.of(person))) {
      PractitionerRole role = chart.parse(stored, PractitionerRole.class);
      if (isInForce(role, now)) {
        role.setId(stored.id());
        roles.add(role);
      }
    }
    return roles;
  }

  /** Who holds it: its practitioner, and those who hold it besides. */
  static Set<String> holders(PractitionerRole role, Chart chart) {
    Set<String> holders = new LinkedHashSet<>();
    chart.local(role.getPractitioner()).ifPresent(holders::add);
    role.getExtensionsByUrl(Codes.HOLDER).stream()
        .filter(e -> e.getValue() instanceof Reference)
        .forEach(e -> chart.local((Reference) e.getValue()).ifPresent(holders::add));
    return holders;
  }

  /** The pools that somebody in this role works for, and the role itself. */
  static Set<String> pools(PractitionerRole role, Chart chart) {
    Set<String> pools = new LinkedHashSet<>();
    pools.add("PractitionerRole/" + role.getIdElement().getIdPart());
    role.getHealthcareService().forEach(s -> chart.local(s).ifPresent(pools::add));
    return pools;
  }
}
