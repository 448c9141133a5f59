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
import java.util.Arrays;
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
        // The paper of a Consent. One that is new can be that of none.
        || change.type().equals("DocumentReference") && change.kind() != Change.Kind.CREATE
        || isThread(change.after())
        || isThread(change.before())
        || opens(change.after())
        || opens(change.before());
  }

  private static boolean opens(Resource resource) {
    return resource instanceof Task task && (BreakGlass.is(task) || Cover.is(task));
  }

  private static boolean isThread(Resource resource) {
    return resource instanceof Communication message && !message.hasPartOf();
  }

  /**
   * Who is proxy of whom hangs on three resources: one at a time. What is about a record is copied
   * to those merged with it: not while records are being merged.
   */
  @Override
  public void plan(Change change, Locks locks) {
    if (needsTransaction(change)) {
      locks.shared(Merges.LOCK);
    }
    patientOf(change.after(), change).ifPresent(p -> locks.exclusive(proxiesOf(p.self())));
  }

  private static long proxiesOf(long patient) {
    return Keys.of("proxies of " + patient);
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
    Set<Long> patients = new LinkedHashSet<>();
    for (Change change : sources) {
      Local itself = new Local(change.type(), change.id());
      // A patch or a delete is planned without knowing whose it is.
      for (Resource version : Arrays.asList(change.before(), change.after())) {
        Optional<Local> patient = version == null ? Optional.empty() : patientOf(version, change);
        if (patient.isPresent()) {
          transaction.exclusive(proxiesOf(patient.get().self()));
          patients.add(patient.get().self());
        }
      }
      if (change.after() instanceof RelatedPerson person) {
        rederived.put(itself, person);
      } else {
        grants.put(
            itself.self(),
            change.after() == null ? List.of() : relations.of(change.after(), itself));
      }
      if (change.type().equals("DocumentReference")) {
        for (long patient : records.agreedBy("DocumentReference/" + change.id(), connection)) {
          transaction.exclusive(proxiesOf(patient));
          patients.add(patient);
        }
      }
      if (change.type().equals("Patient")) {
        patients.addAll(merges.follow(change, itself, transaction));
      }
    }
    Set<Long> merged = new LinkedHashSet<>(patients);
    for (long patient : patients) {
      merged.addAll(records.merged(patient, connection));
    }
    records.proxiesOf(merged, connection).forEach(rederived::putIfAbsent);
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
    Set<Long> one = records.merged(whose.get().self(), connection);
    List<Consent> consents = records.activeConsents(one, connection);
    List<Consent> written = new ArrayList<>();
    for (Consent each : consents) {
      if (records.isWritten(each, connection)) {
        written.add(each);
      }
    }
    return proxies.of(person, itself, records.birth(one, connection), consents, written);
  }
}
