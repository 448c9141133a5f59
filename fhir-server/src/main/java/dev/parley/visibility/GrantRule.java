// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.Change;
import dev.parley.store.Keys;
import dev.parley.store.Locks;
import dev.parley.store.References.Local;
import dev.parley.store.Rule;
import dev.parley.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.Task;

/**
 * Keeps {@code access_grant} true to the resources that relations come from: at the end of a
 * transaction, for all of them at once.
 */
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
  private final StoredRecords records;

  GrantRule(Relations relations, Proxies proxies, Merges merges, StoredRecords records) {
    this.relations = relations;
    this.proxies = proxies;
    this.merges = merges;
    this.records = records;
  }

  @Override
  public boolean needsTransaction(Change change) {
    return SOURCES.contains(change.type())
        || isThread(change.after())
        || isThread(change.before())
        || change.after() instanceof Task task && BreakGlass.is(task)
        || change.before() instanceof Task was && BreakGlass.is(was);
  }

  private static boolean isThread(Resource resource) {
    return resource instanceof Communication message && !message.hasPartOf();
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
  public void beforeCommit(List<Change> changes, Transaction transaction) throws SQLException {
    List<Change> sources = changes.stream().filter(this::needsTransaction).toList();
    if (sources.isEmpty()) {
      return;
    }
    Connection connection = transaction.connection();
    Map<Long, List<Grant>> grants = new TreeMap<>();
    Map<Local, RelatedPerson> rederived = new HashMap<>();
    Set<Local> patients = new LinkedHashSet<>();
    for (Change change : sources) {
      Local itself = new Local(change.type(), change.id());
      if (change.after() instanceof RelatedPerson person) {
        rederived.put(itself, person);
      } else {
        patientOf(change.after() == null ? change.before() : change.after(), change)
            .ifPresent(patients::add);
        grants.put(
            itself.self(),
            change.after() == null ? List.of() : relations.of(change.after(), itself));
      }
      if (change.type().equals("Patient")) {
        merges.follow(change, itself, connection);
      }
    }
    rederived.putAll(records.proxiesOf(patients, connection));
    for (Map.Entry<Local, RelatedPerson> each : rederived.entrySet()) {
      grants.put(each.getKey().self(), proxy(each.getValue(), each.getKey(), connection));
    }
    GrantTable.put(connection, grants, fresh(sources));
    GrantTable.tell(connection, sources.stream().map(c -> Keys.self(c.type(), c.id())).toList());
  }

  /** Those that can have given nothing before. */
  private static Set<Long> fresh(List<Change> sources) {
    Set<Long> fresh = new HashSet<>();
    for (Change change : sources) {
      if (change.kind() == Change.Kind.CREATE && change.before() == null) {
        fresh.add(Keys.self(change.type(), change.id()));
      }
    }
    return fresh;
  }

  private List<Grant> proxy(RelatedPerson person, Local itself, Connection connection)
      throws SQLException {
    Optional<Local> whose = relations.patient(person.getPatient());
    if (whose.isEmpty()) {
      return List.of();
    }
    Patient patient = records.patient(whose.get(), connection);
    List<Consent> consents = new ArrayList<>(records.activeConsents(whose.get(), connection));
    return proxies.of(person, itself, patient, consents);
  }
}
