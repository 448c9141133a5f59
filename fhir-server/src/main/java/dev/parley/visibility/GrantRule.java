// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.Locks;
import dev.parley.store.References.Local;
import dev.parley.store.Rule;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/** Keeps {@code access_grant} true to the resources that relations come from. */
final class GrantRule implements Rule {
  private static final Set<String> SOURCES =
      Set.of(
          "Appointment",
          "CareTeam",
          "Consent",
          "Encounter",
          "Group",
          "Patient",
          "Practitioner",
          "PractitionerRole",
          "RelatedPerson");

  private final Relations relations;
  private final Proxies proxies;
  private final Merges merges;
  private final FhirContext fhir;

  GrantRule(Relations relations, Proxies proxies, Merges merges, FhirContext fhir) {
    this.relations = relations;
    this.proxies = proxies;
    this.merges = merges;
    this.fhir = fhir;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return SOURCES.contains(change.type())
        || change.after() instanceof Communication thread && !thread.hasPartOf()
        || change.before() instanceof Communication was && !was.hasPartOf()
        || change.after() instanceof Task task && BreakGlass.is(task)
        || change.type().equals("Task") && change.kind() != Change.Kind.CREATE;
  }

  /** Who is proxy of whom hangs on three resources: one at a time. */
  @Override
  public void plan(Change change, Locks locks) {
    patientOf(change.after(), change).ifPresent(p -> locks.exclusive(Keys.of("proxies of " + p)));
  }

  private Optional<Local> patientOf(Resource resource, Change change) {
    if (resource instanceof Consent consent) {
      return relations.patient(consent.getPatient());
    }
    if (resource instanceof RelatedPerson person) {
      return relations.patient(person.getPatient());
    }
    return change.type().equals("Patient")
        ? Optional.of(new Local("Patient", change.id()))
        : Optional.empty();
  }

  @Override
  public void afterWrite(Change change, Connection connection) throws SQLException {
    if (!needsTransaction(change)) {
      return;
    }
    Local itself = new Local(change.type(), change.id());
    if (change.after() == null) {
      GrantTable.delete(connection, itself.self());
    } else if (!change.type().equals("RelatedPerson") && !change.type().equals("Consent")) {
      GrantTable.put(connection, itself.self(), relations.of(change.after(), itself));
    }
    if (change.type().equals("Patient")) {
      merges.follow((Patient) change.after(), itself, connection);
    }
    if (change.type().equals("RelatedPerson") && change.after() instanceof RelatedPerson person) {
      rederive(person, itself, connection);
    } else {
      Resource said = change.after() == null ? change.before() : change.after();
      Optional<Local> patient = patientOf(said, change);
      if (patient.isPresent()) {
        rederiveAll(patient.get(), connection);
      }
    }
    GrantTable.tell(connection, itself.self());
  }

  private void rederiveAll(Local patient, Connection connection) throws SQLException {
    long[] key = {Keys.param("RelatedPerson", "patient") ^ patient.self()};
    for (Resource each : stored(connection, key)) {
      RelatedPerson person = (RelatedPerson) each;
      rederive(person, new Local("RelatedPerson", person.getIdElement().getIdPart()), connection);
    }
  }

  private void rederive(RelatedPerson person, Local itself, Connection connection)
      throws SQLException {
    Optional<Local> whose = relations.patient(person.getPatient());
    List<Grant> grants = List.of();
    if (whose.isPresent()) {
      List<Consent> consents = new ArrayList<>();
      long[] active = {
        Keys.param("Consent", "patient") ^ whose.get().self(),
        Keys.param("Consent", "status") ^ Keys.of("active")
      };
      stored(connection, active).forEach(c -> consents.add((Consent) c));
      grants = proxies.of(person, itself, patient(connection, whose.get()), consents);
    }
    GrantTable.put(connection, itself.self(), grants);
  }

  private Patient patient(Connection connection, Local patient) throws SQLException {
    String sql = "select id, body from resource where self = ? and body is not null";
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, patient.self());
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? (Patient) parse(row) : null;
      }
    }
  }

  private List<Resource> stored(Connection connection, long[] keys) throws SQLException {
    String sql = "select id, body from resource where keys @> ? and body is not null";
    List<Resource> found = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setObject(1, keys);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          found.add(parse(row));
        }
      }
    }
    return found;
  }

  private Resource parse(ResultSet row) throws SQLException {
    Resource resource = (Resource) fhir.newJsonParser().parseResource(row.getString("body"));
    resource.setId(row.getString("id"));
    return resource;
  }
}
