// SPDX-License-Identifier: Apache-2.0
package dev.parley.availability;

import dev.parley.duty.Away;
import dev.parley.duty.Duty;
import dev.parley.store.Chart;
import dev.parley.store.Lookup;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.PractitionerRole;

/** Whether a message to somebody reaches anybody now, and whom else. */
final class Reach {
  private final Chart chart;
  private final Duty duty;

  Reach(Chart chart, Duty duty) {
    this.chart = chart;
    this.duty = duty;
  }

  /**
   * What is found for one recipient.
   *
   * @param who the recipient
   * @param unmanned true: a role that nobody holds
   * @param away why the person is not reached; null for a role
   * @param standIn who gets it in their place; null if nobody is there
   * @param others of the service who can be reached
   */
  record Result(String who, boolean unmanned, Away away, String standIn, Set<String> others) {
    String sentence() {
      StringBuilder text = new StringBuilder(who);
      text.append(unmanned ? " is held by nobody now." : " is not to be disturbed until ");
      if (away != null) {
        text.append(away.until()).append('.');
        if (away.note() != null) {
          text.append(' ').append(away.note());
        }
      }
      return text.toString();
    }
  }

  /**
   * Roles, and those people who have ever said that they are away: the others are done with in one
   * statement, however many a message is sent to.
   */
  List<String> perhapsAway(Collection<String> recipients, Connection connection)
      throws SQLException {
    List<String> people =
        recipients.stream().filter(who -> who.startsWith("Practitioner/")).toList();
    Set<String> said = people.isEmpty() ? Set.of() : duty.haveSaid(connection, people);
    return recipients.stream()
        .filter(who -> who.startsWith("PractitionerRole/") || said.contains(who))
        .toList();
  }

  /** Empty if the recipient can be reached, or is nobody who could be away. */
  Optional<Result> of(String who, Instant now, Connection connection) throws SQLException {
    if (who.startsWith("Practitioner/")) {
      return person(who, now, connection);
    }
    return who.startsWith("PractitionerRole/") ? role(who, now, connection) : Optional.empty();
  }

  private Optional<Result> person(String who, Instant now, Connection connection)
      throws SQLException {
    Optional<Away> away = duty.away(connection, who, now);
    if (away.isEmpty()) {
      return Optional.empty();
    }
    Set<String> services = new LinkedHashSet<>();
    for (StoredResource each :
        Lookup.referring(connection, "PractitionerRole", "practitioner", List.of(who))) {
      services.addAll(services(chart.parse(each, PractitionerRole.class)));
    }
    Optional<String> delegate = duty.delegate(connection, who, now);
    Optional<String> onCall =
        delegate.isPresent() ? Optional.empty() : onCall(services, who, now, connection);
    return Optional.of(
        new Result(
            who,
            false,
            away.get(),
            delegate.or(() -> onCall).orElse(null),
            delegate.isPresent() || onCall.isPresent()
                ? Set.of()
                : others(services, now, connection)));
  }

  /** What goes to a role that nobody holds goes to who is on call, or to the service's pool. */
  private Optional<Result> role(String who, Instant now, Connection connection)
      throws SQLException {
    Optional<PractitionerRole> found = chart.find(connection, who, PractitionerRole.class);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    List<String> holders = duty.isOn(found.get(), now) ? duty.holders(found.get()) : List.of();
    List<String> services = services(found.get());
    for (String each : holders) {
      if (duty.away(connection, each, now).isEmpty()) {
        return Optional.empty();
      }
    }
    if (!holders.isEmpty()) {
      return person(holders.get(0), now, connection);
    }
    String pool = services.isEmpty() ? null : services.get(0);
    Optional<String> onCall = onCall(services, who, now, connection);
    String standIn = onCall.orElse(pool);
    return Optional.of(
        new Result(
            who,
            true,
            null,
            standIn,
            standIn == null ? others(services, now, connection) : Set.of()));
  }

  private Optional<String> onCall(
      Iterable<String> services, String but, Instant now, Connection connection)
      throws SQLException {
    for (String service : services) {
      for (String each : duty.holders(connection, service, Duty.ON_CALL, now)) {
        if (!each.equals(but)) {
          return Optional.of(each);
        }
      }
    }
    return Optional.empty();
  }

  private Set<String> others(Iterable<String> services, Instant now, Connection connection)
      throws SQLException {
    Set<String> others = new LinkedHashSet<>();
    for (String service : services) {
      others.addAll(duty.reachable(connection, service, now));
    }
    return others;
  }

  private List<String> services(PractitionerRole role) {
    List<String> services = new ArrayList<>();
    role.getHealthcareService().forEach(s -> chart.local(s).ifPresent(services::add));
    return services;
  }
}
