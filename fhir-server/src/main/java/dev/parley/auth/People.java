// SPDX-License-Identifier: Apache-2.0
package dev.parley.auth;

import ca.uhn.fhir.context.FhirContext;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.parley.access.Caller;
import dev.parley.store.References;
import dev.parley.store.References.Local;
import dev.parley.store.ResourceStore;
import dev.parley.store.StoredResource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Person;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/**
 * Whom a token's {@code fhirUser} is, and whether they may come in: they are there, active, within
 * their period, alive. Good answers are kept for a minute; {@link EndedLogins} says when one must
 * not be.
 */
final class People {
  private static final Duration KEEP = Duration.ofMinutes(1);

  private final Cache<String, Known> known =
      Caffeine.newBuilder().maximumSize(50_000).expireAfterWrite(KEEP).build();
  private final ResourceStore store;
  private final FhirContext fhir;
  private final References references;
  private final Clock clock;

  People(ResourceStore store, FhirContext fhir, References references, Clock clock) {
    this.store = store;
    this.fhir = fhir;
    this.references = references;
    this.clock = clock;
  }

  private record Known(String leadsTo, Instant until) {}

  /**
   * Who it is: "Practitioner/x", "Patient/x" or "RelatedPerson/x".
   *
   * @param fhirUser one of these, or a PractitionerRole or Person that leads to one
   * @throws BadToken if they may not come in
   */
  String identity(String fhirUser) throws BadToken {
    Known found = known.getIfPresent(fhirUser);
    if (found == null || !clock.instant().isBefore(found.until())) {
      found = look(fhirUser);
      known.put(fhirUser, found);
    }
    return found.leadsTo().equals(fhirUser) ? fhirUser : identity(found.leadsTo());
  }

  /** What was known of somebody counts no more. */
  void forget(String fhirUser) {
    known.invalidate(fhirUser);
  }

  private Known look(String fhirUser) throws BadToken {
    Resource resource = load(fhirUser);
    Standing standing = standing(fhirUser, resource);
    if (resource instanceof PractitionerRole role) {
      return led(local(role.getPractitioner(), fhirUser), standing);
    }
    if (resource instanceof Person person) {
      List<Person.PersonLinkComponent> links = person.getLink();
      if (links.size() != 1) {
        throw new BadToken(
            fhirUser
                + " is linked to %d people; fhirUser has to name the one".formatted(links.size()));
      }
      return led(local(links.get(0).getTarget(), fhirUser), standing);
    }
    if (resource instanceof RelatedPerson proxy && proxy.hasPatient()) {
      String of = local(proxy.getPatient(), fhirUser);
      if (load(of) instanceof Patient patient
          && Standing.dead(patient)
          && !Standing.isPersonalRepresentative(proxy)) {
        throw new BadToken(
            of + " has died; only a personal representative of theirs may still log in");
      }
    }
    return new Known(fhirUser, standing.until());
  }

  private static Known led(String to, Standing standing) throws BadToken {
    if (to.startsWith("Person/") || to.startsWith("PractitionerRole/")) {
      throw new BadToken(to + " is no person by themselves");
    }
    return new Known(to, standing.until());
  }

  private Standing standing(String who, Resource resource) throws BadToken {
    Standing standing = Standing.of(resource, clock.instant());
    if (!standing.good()) {
      throw new BadToken("%s may not log in: %s".formatted(who, standing.ended()));
    }
    return standing;
  }

  private Resource load(String reference) throws BadToken {
    int slash = reference.indexOf('/');
    Optional<StoredResource> stored =
        store.as(Caller.SYSTEM).find(reference.substring(0, slash), reference.substring(slash + 1));
    if (stored.isEmpty()) {
      throw new BadToken(reference + " is not known here");
    }
    return stored.get().deleted()
        ? null
        : (Resource) fhir.newJsonParser().parseResource(stored.get().json());
  }

  private String local(Reference reference, String from) throws BadToken {
    Optional<Local> local =
        reference.getReference() == null
            ? Optional.empty()
            : references.local(reference.getReference());
    return local
        .map(Local::toString)
        .orElseThrow(() -> new BadToken(from + " leads to nobody of this server"));
  }
}
