// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Location;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;

/**
 * Doctors and clinics around the hospital, by the identifier that Synthea's records name them with.
 * Only those are taken that a kept record needs.
 */
final class OtherProviders {
  private final Records records;
  private final Map<String, Resource> byQuery = new HashMap<>();
  private final Map<Resource, Reference> taken = new HashMap<>();

  OtherProviders(FhirContext fhir, Records records, List<Path> files) throws IOException {
    this.records = records;
    for (Path file : files) {
      SyntheaBundle bundle = new SyntheaBundle(fhir, file);
      bundle.all(Organization.class).forEach(o -> index(o, o.getIdentifier()));
      bundle.all(Location.class).forEach(l -> index(l, l.getIdentifier()));
      bundle.all(Practitioner.class).forEach(p -> index(p, p.getIdentifier()));
    }
  }

  /** Takes the one that "Type?identifier=system|value" names. */
  Optional<Reference> resolve(String query) {
    Resource found = byQuery.get(query);
    if (found == null) {
      return Optional.empty();
    }
    if (!taken.containsKey(found)) {
      taken.put(found, take(found));
    }
    return Optional.of(taken.get(found).copy());
  }

  /** Synthea exports no roles without the US profiles, so an encounter tells who works where. */
  void workTogether(Reference practitioner, Reference organization) {
    if (!practitioner.hasReference() || !organization.hasReference()) {
      return;
    }
    String id = practitioner.getReference().substring("Practitioner/".length());
    if (!records.has("PractitionerRole/" + id)) {
      PractitionerRole role = new PractitionerRole().setActive(true);
      role.setPractitioner(practitioner.copy()).setOrganization(organization.copy());
      role.addCode(Staff.profession("physician"));
      records.add(id, role);
    }
  }

  private Reference take(Resource resource) {
    if (resource instanceof Practitioner practitioner) {
      return takePractitioner(practitioner);
    }
    if (resource instanceof Location location) {
      location.setName(title(location.getName()));
      link(location.getManagingOrganization(), "Organization");
      location.setPosition(null);
      return add(location, location.getName());
    }
    Organization organization = (Organization) resource;
    organization.setName(title(organization.getName()));
    return add(organization, organization.getName());
  }

  private Reference takePractitioner(Practitioner practitioner) {
    var name = practitioner.getNameFirstRep();
    name.setFamily(Slug.withoutDigits(name.getFamily()));
    name.setGiven(
        name.getGiven().stream()
            .map(g -> new StringType(Slug.withoutDigits(g.getValue())))
            .toList());
    practitioner
        .getTelecom()
        .forEach(t -> t.setValue(Slug.withoutDigits(t.getValue())).getExtension().clear());
    return add(practitioner, "Dr " + name.getGivenAsSingleString() + " " + name.getFamily());
  }

  private void link(Reference reference, String type) {
    Optional<Reference> target = resolve(query(type, reference.getIdentifier()));
    reference.setIdentifier(null);
    reference.setReference(target.map(Reference::getReference).orElse(null));
    reference.setDisplay(title(reference.getDisplay()));
  }

  private Reference add(Resource resource, String name) {
    return Records.to(
        records.add(records.free(resource.fhirType(), "ext-" + Slug.of(name)), resource));
  }

  private void index(Resource resource, List<Identifier> identifiers) {
    identifiers.forEach(i -> byQuery.put(query(resource.fhirType(), i), resource));
  }

  private static String query(String type, Identifier identifier) {
    return type + "?identifier=" + identifier.getSystem() + "|" + identifier.getValue();
  }

  /** Synthea shouts the names of clinics. */
  static String title(String name) {
    if (name == null || !name.equals(name.toUpperCase(Locale.ROOT))) {
      return name;
    }
    StringBuilder out = new StringBuilder();
    boolean start = true;
    for (char c : name.toLowerCase(Locale.ROOT).toCharArray()) {
      out.append(start ? Character.toUpperCase(c) : c);
      start = !Character.isLetterOrDigit(c) && c != '\'';
    }
    return out.toString().replaceAll("\\bLlc\\b", "LLC");
  }
}
