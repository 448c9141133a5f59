// SPDX-License-Identifier: Apache-2.0
package dev.parley.duty;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Basic;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.Task.TaskStatus;

/** Asks the directory who is there now. */
public final class Duty {
  public static final String ON_CALL = "on-call";
  public static final String TEAM_LEAD = "team-lead";

  static final String COVER = "cover-request";

  private final Chart chart;
  private final ZoneId zone;

  /**
   * @param zone of roles' hours
   */
  public Duty(Chart chart, ZoneId zone) {
    this.chart = chart;
    this.zone = zone;
  }

  /** Whether and until when somebody is not to be disturbed. */
  public Optional<Away> away(Connection connection, String person, Instant now)
      throws SQLException {
    Optional<StoredResource> stored = stored(connection, person);
    return stored.flatMap(s -> Away.of(chart.parse(s, Basic.class), now));
  }

  /** Those of these people who have said something of being away, at whatever time. */
  public Set<String> haveSaid(Connection connection, Collection<String> people)
      throws SQLException {
    Set<String> said = new HashSet<>();
    for (StoredResource each : Lookup.referring(connection, "Basic", "subject", people)) {
      if (each.text().contains("\"" + Away.CODE + "\"")) {
        chart.local(chart.parse(each, Basic.class).getSubject()).ifPresent(said::add);
      }
    }
    return said;
  }

  private static Optional<StoredResource> stored(Connection connection, String person)
      throws SQLException {
    return Lookup.referring(connection, "Basic", "subject", List.of(person)).stream()
        .filter(s -> s.text().contains("\"" + Away.CODE + "\""))
        .findFirst();
  }

  /** Who has agreed to stand in for somebody who is away, and can be reached themselves. */
  public Optional<String> delegate(Connection connection, String person, Instant now)
      throws SQLException {
    Optional<StoredResource> stored = stored(connection, person);
    Optional<Away> away = stored.flatMap(s -> Away.of(chart.parse(s, Basic.class), now));
    if (away.isEmpty() || away.get().delegate() == null) {
      return Optional.empty();
    }
    String delegate = away.get().delegate();
    for (StoredResource each :
        Lookup.referring(connection, "Task", "focus", List.of(stored.get().reference()))) {
      Task task = chart.parse(each, Task.class);
      if (task.getStatus() == TaskStatus.ACCEPTED
          && Codes.has(task.getCode(), "task", COVER)
          && chart.local(task.getOwner()).filter(delegate::equals).isPresent()
          && away(connection, delegate, now).isEmpty()) {
        return Optional.of(delegate);
      }
    }
    return Optional.empty();
  }

  /** People with this role at a service who are there now, in the order of the roles' ids. */
  public List<String> holders(Connection connection, String service, String code, Instant now)
      throws SQLException {
    List<String> people = new ArrayList<>();
    for (PractitionerRole role : roles(connection, service, now)) {
      if (Codes.ours(role.getCode(), "role").contains(code)) {
        for (String person : holders(role)) {
          if (!people.contains(person) && away(connection, person, now).isEmpty()) {
            people.add(person);
          }
        }
      }
    }
    return people;
  }

  /** All who work for a service now and can be reached. */
  public Set<String> reachable(Connection connection, String service, Instant now)
      throws SQLException {
    Set<String> people = new LinkedHashSet<>();
    for (PractitionerRole role : roles(connection, service, now)) {
      for (String person : holders(role)) {
        if (away(connection, person, now).isEmpty()) {
          people.add(person);
        }
      }
    }
    return people;
  }

  private List<PractitionerRole> roles(Connection connection, String service, Instant now)
      throws SQLException {
    return Lookup.referring(connection, "PractitionerRole", "service", List.of(service)).stream()
        .map(s -> (PractitionerRole) chart.parse(s, PractitionerRole.class).setId(s.id()))
        .filter(role -> isOn(role, now))
        .sorted(Comparator.comparing(role -> role.getIdElement().getIdPart()))
        .toList();
  }

  /** Whether a role is in use, at any hour of the day. */
  public boolean isEmployed(PractitionerRole role, Instant now) {
    return !Boolean.FALSE.equals(role.getActiveElement().getValue())
        && Chart.in(role.getPeriod(), now);
  }

  /** Whether a role is in use and, if it has hours, within them. */
  public boolean isOn(PractitionerRole role, Instant now) {
    return isEmployed(role, now)
        && (!role.hasAvailableTime() && !role.hasNotAvailable()
            || HoursOf.role(role, zone).isOpen(now));
  }

  /** Who holds a role now. */
  public List<String> holders(PractitionerRole role) {
    List<String> people = new ArrayList<>();
    chart.local(role.getPractitioner()).ifPresent(people::add);
    for (Extension holder : role.getExtensionsByUrl(Codes.HOLDER)) {
      if (holder.getValue() instanceof Reference who) {
        chart.local(who).ifPresent(people::add);
      }
    }
    return people;
  }
}
