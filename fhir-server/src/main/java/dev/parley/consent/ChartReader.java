// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.store.Chart;
import dev.parley.store.Lookup;
import dev.parley.store.References;
import dev.parley.store.StoredResource;
import dev.parley.store.WrittenSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;

/** Reads, in the transaction of a write, what the decision needs. References come out relative. */
final class ChartReader extends Chart {
  ChartReader(FhirContext fhir, References references) {
    super(fhir, references);
  }

  /** The patient for whom somebody may decide now, or null. */
  String standsFor(Connection connection, String who, Instant now) throws SQLException {
    if (!who.startsWith("RelatedPerson/")) {
      return patientOf(connection, who).orElse(null);
    }
    return find(connection, who, RelatedPerson.class)
        .filter(p -> !Boolean.FALSE.equals(p.getActiveElement().getValue()))
        .filter(p -> Chart.in(p.getPeriod(), now))
        .flatMap(p -> local(p.getPatient()))
        .orElse(null);
  }

  /** An organisation and what it is part of: the ward, the clinic, the hospital. */
  Set<String> wholes(Connection connection, String organization) throws SQLException {
    Set<String> wholes = new LinkedHashSet<>();
    Optional<String> next = Optional.of(organization);
    while (next.isPresent() && wholes.add(next.get())) {
      next = find(connection, next.get(), Organization.class).flatMap(o -> local(o.getPartOf()));
    }
    return wholes;
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
      String record = local(consent.getPatient()).orElse("");
      agreements.add(new Agreement(consent, record, signed, stored.updated()));
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
