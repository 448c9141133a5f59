// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Lookup;
import dev.parley.store.References;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Patient.LinkType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/** Reads, in the transaction of a write, what the decision needs. References come out relative. */
final class ChartReader {
  private static final Set<LinkType> MERGES = Set.of(LinkType.REPLACEDBY, LinkType.REPLACES);

  private final FhirContext fhir;
  private final References references;

  ChartReader(FhirContext fhir, References references) {
    this.fhir = fhir;
    this.references = references;
  }

  /** "Type/id" of a resource of this server; empty for everything else. */
  Optional<String> local(Reference reference) {
    return reference == null || reference.getReference() == null
        ? Optional.empty()
        : references.local(reference.getReference()).map(Object::toString);
  }

  <T extends Resource> Optional<T> find(Connection connection, String reference, Class<T> type)
      throws SQLException {
    Optional<StoredResource> stored = Lookup.one(connection, reference);
    return stored.map(s -> parse(s, type));
  }

  <T extends Resource> T parse(StoredResource stored, Class<T> type) {
    return type.cast(fhir.newJsonParser().parseResource(stored.json()));
  }

  /** The patient that somebody on the patient's side stands for. */
  Optional<String> patientOf(Connection connection, String who) throws SQLException {
    if (who.startsWith("Patient/")) {
      return Optional.of(who);
    }
    Optional<RelatedPerson> proxy =
        who.startsWith("RelatedPerson/")
            ? find(connection, who, RelatedPerson.class)
            : Optional.empty();
    return proxy.flatMap(p -> local(p.getPatient()));
  }

  /** The patient for whom somebody may decide now, or null. */
  String standsFor(Connection connection, String who, Instant now) throws SQLException {
    if (!who.startsWith("RelatedPerson/")) {
      return patientOf(connection, who).orElse(null);
    }
    return find(connection, who, RelatedPerson.class)
        .filter(p -> !p.hasActive() || p.getActive())
        .filter(p -> Conditions.in(p.getPeriod(), now))
        .flatMap(p -> local(p.getPatient()))
        .orElse(null);
  }

  /** All records of a patient, itself included, that were merged with it. */
  Set<String> merged(Connection connection, String patient) throws SQLException {
    Set<String> all = new TreeSet<>();
    ArrayDeque<String> open = new ArrayDeque<>(List.of(patient));
    while (!open.isEmpty()) {
      String each = open.pop();
      if (all.add(each)) {
        Optional<StoredResource> own = Lookup.one(connection, each);
        own.ifPresent(stored -> open.addAll(links(stored)));
        for (StoredResource other :
            Lookup.referring(connection, "Patient", "link", List.of(each))) {
          if (links(other).contains(each)) {
            open.add(other.reference());
          }
        }
      }
    }
    return all;
  }

  private List<String> links(StoredResource stored) {
    if (!stored.text().contains("\"replace")) {
      return List.of();
    }
    return parse(stored, Patient.class).getLink().stream()
        .filter(link -> MERGES.contains(link.getType()))
        .flatMap(link -> local(link.getOther()).stream())
        .filter(other -> other.startsWith("Patient/"))
        .toList();
  }

  /** The Consents of these records. */
  List<Agreement> agreements(Connection connection, Collection<String> patients)
      throws SQLException {
    List<Agreement> agreements = new ArrayList<>();
    for (StoredResource stored : Lookup.referring(connection, "Consent", "patient", patients)) {
      Consent consent = parse(stored, Consent.class);
      consent.getOrganization().forEach(this::relative);
      relative(consent.getProvision());
      boolean signed =
          consent.getStatus() == Consent.ConsentState.ACTIVE
              && WrittenSource.of(this, connection).holds(consent);
      agreements.add(new Agreement(consent, signed, stored.updated()));
    }
    return agreements;
  }

  private void relative(ProvisionComponent provision) {
    provision.getActor().forEach(a -> relative(a.getReference()));
    provision.getData().forEach(d -> relative(d.getReference()));
    provision.getProvision().forEach(this::relative);
  }

  private void relative(Reference reference) {
    local(reference).ifPresent(reference::setReference);
  }

  /** Who is named as an actor by any of these. */
  static Set<String> actors(List<Agreement> agreements) {
    Set<String> actors = new LinkedHashSet<>();
    agreements.forEach(a -> actors(a.consent().getProvision(), actors));
    return actors;
  }

  private static void actors(ProvisionComponent provision, Set<String> actors) {
    provision.getActor().stream()
        .filter(a -> a.getReference().hasReference())
        .forEach(a -> actors.add(a.getReference().getReference()));
    provision.getProvision().forEach(inner -> actors(inner, actors));
  }
}
