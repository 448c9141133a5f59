// SPDX-License-Identifier: Apache-2.0
package dev.parley.departure;

import dev.parley.agenda.Agenda;
import dev.parley.feature.Tools;
import dev.parley.store.Chart;
import dev.parley.store.Lookup;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.PractitionerRole;

/** The end of a role, written or by the clock. */
final class RoleEnds {
  private static final String KIND = "role-end";

  private final Tools tools;
  private final Chart chart;
  private final Claims claims;

  RoleEnds(Tools tools, Settling settling) {
    this.tools = tools;
    this.chart = tools.chart();
    this.claims = new Claims(chart, settling);
    tools.agenda().once(KIND, this::end);
  }

  /** Notes when it will end by itself. */
  void note(PractitionerRole role, String id, Connection connection) throws SQLException {
    Agenda agenda = tools.agenda();
    Instant end = Roles.end(role);
    if (Roles.isInForce(role, tools.clock().instant()) && !end.equals(Instant.MAX)) {
      agenda.at(connection, KIND, id, end);
    } else {
      agenda.cancel(connection, KIND, id);
    }
  }

  /**
   * What the role itself has goes back when it ends, not when others hold it: "charge nurse" is
   * asked for the same after a change of shift.
   *
   * @param role with its id, as it was in force
   * @param now as it goes on; null if it has ended
   */
  List<Step> released(PractitionerRole role, PractitionerRole now, Connection connection)
      throws SQLException {
    List<Step> steps = new ArrayList<>();
    if (now == null) {
      String own = "PractitionerRole/" + role.getIdElement().getIdPart();
      steps.addAll(claims.released(List.of(own), "role-ended", pool -> true, connection));
    }
    Set<String> left = Roles.holders(role, chart);
    if (now != null) {
      left.removeAll(Roles.holders(now, chart));
    }
    for (String person : left) {
      steps.addAll(released(person, role, connection));
    }
    return steps;
  }

  /**
   * What came to a person by a role goes back with it, and everything with the last: what came from
   * a pool that another of their roles works for stays.
   */
  private List<Step> released(String person, PractitionerRole role, Connection connection)
      throws SQLException {
    String id = role.getIdElement().getIdPart();
    List<PractitionerRole> others =
        new ArrayList<>(Roles.inForce(connection, chart, person, tools.clock().instant()));
    others.removeIf(other -> other.getIdElement().getIdPart().equals(id));
    Set<String> ended = Roles.pools(role, chart);
    Set<String> kept = new HashSet<>();
    others.forEach(other -> kept.addAll(Roles.pools(other, chart)));
    return claims.released(
        List.of(person),
        "role-ended",
        pool -> others.isEmpty() || ended.contains(pool) && !kept.contains(pool),
        connection);
  }

  /** The clock has ended it. */
  private void end(String id) {
    tools.database().run(connection -> end(id, connection));
  }

  private void end(String id, Connection connection) throws SQLException {
    List<Step> steps = steps(id, connection);
    if (!steps.isEmpty()) {
      tools.own().write(steps);
    }
  }

  private List<Step> steps(String id, Connection connection) throws SQLException {
    Optional<StoredResource> stored = Lookup.one(connection, "PractitionerRole/" + id);
    if (stored.isEmpty()) {
      return List.of();
    }
    PractitionerRole role = chart.parse(stored.get(), PractitionerRole.class);
    role.setId(id);
    return Roles.isInForce(role, tools.clock().instant())
        ? List.of()
        : released(role, null, connection);
  }
}
