// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.duty.Duty;
import dev.parley.store.Chart;
import dev.parley.store.Lookup;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;

/** Finds whose work a message is, by whom it is sent to. */
final class Pools {
  private final Chart chart;
  private final Duty duty;
  private final ZoneId zone;

  Pools(Chart chart, Duty duty, ZoneId zone) {
    this.chart = chart;
    this.duty = duty;
    this.zone = zone;
  }

  /** A service goes before a role, a role before a team, and a team before a person's service. */
  Optional<Pool> of(List<Reference> recipients, Instant now, Connection connection)
      throws SQLException {
    List<String> all = recipients.stream().flatMap(r -> chart.local(r).stream()).toList();
    for (String type :
        List.of("HealthcareService/", "PractitionerRole/", "CareTeam/", "Practitioner/")) {
      for (String each : all) {
        Optional<Pool> pool = each.startsWith(type) ? of(each, now, connection) : Optional.empty();
        if (pool.isPresent()) {
          return pool;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Pool> of(String who, Instant now, Connection connection) throws SQLException {
    String type = who.substring(0, who.indexOf('/'));
    return switch (type) {
      case "HealthcareService" ->
          service(who, connection).map(service -> new Pool(who, who, service));
      case "PractitionerRole" -> role(who, now, connection);
      case "CareTeam" -> Optional.of(new Pool(who, who, null));
      default -> person(who, connection);
    };
  }

  Optional<Service> service(String reference, Connection connection) throws SQLException {
    return chart
        .find(connection, reference, HealthcareService.class)
        .map(service -> Service.of(service, zone));
  }

  /** A role that nobody holds is its service's work. */
  private Optional<Pool> role(String who, Instant now, Connection connection) throws SQLException {
    Optional<PractitionerRole> found = chart.find(connection, who, PractitionerRole.class);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    boolean manned = duty.isOn(found.get(), now) && !duty.holders(found.get()).isEmpty();
    for (Reference each : found.get().getHealthcareService()) {
      Optional<String> its = chart.local(each);
      Optional<Service> service = its.isEmpty() ? Optional.empty() : service(its.get(), connection);
      if (service.isPresent()) {
        return Optional.of(new Pool(its.get(), manned ? who : its.get(), service.get()));
      }
    }
    return Optional.of(new Pool(who, who, null));
  }

  /** Somebody's message is work if a service of theirs has promised something. */
  private Optional<Pool> person(String who, Connection connection) throws SQLException {
    for (StoredResource stored :
        Lookup.referring(connection, "PractitionerRole", "practitioner", List.of(who))) {
      PractitionerRole role = chart.parse(stored, PractitionerRole.class);
      for (Reference each : role.getHealthcareService()) {
        Optional<String> its = chart.local(each);
        Optional<Service> service =
            its.isEmpty() || Boolean.FALSE.equals(role.getActiveElement().getValue())
                ? Optional.empty()
                : service(its.get(), connection);
        if (service.isPresent() && !service.get().promises().isEmpty()) {
          return Optional.of(new Pool(its.get(), who, service.get()));
        }
      }
    }
    return Optional.empty();
  }
}
