// SPDX-License-Identifier: Apache-2.0
package dev.parley.visibility;

import dev.parley.store.References.Local;
import dev.parley.store.TimeRange;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ConsentState;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.RelatedPerson;

/**
 * What a RelatedPerson may see: of a child by policy, of an adolescent by policy but not what is
 * sensitive, of an adult by the adult's Consent. A Consent that denies them by name wins. All of it
 * ends by the clock alone (fhir-model c11).
 */
final class Proxies {
  private final Relations relations;
  private final int adolescentFrom;
  private final int adultFrom;

  Proxies(Relations relations, int adolescentFrom, int adultFrom) {
    this.relations = relations;
    this.adolescentFrom = adolescentFrom;
    this.adultFrom = adultFrom;
  }

  /**
   * The grants of a RelatedPerson.
   *
   * @param consents the patient's active ones
   */
  List<Grant> of(RelatedPerson person, Local itself, Patient patient, List<Consent> consents) {
    List<Grant> grants = new ArrayList<>();
    Optional<Local> whose = relations.patient(person.getPatient());
    if (whose.isEmpty() || person.hasActive() && !person.getActive()) {
      return grants;
    }
    TimeRange authority = Spans.of(person.getPeriod());
    List<TimeRange> permitted = new ArrayList<>();
    for (Consent consent : consents) {
      if (consent.getStatus() == ConsentState.ACTIVE) {
        TimeRange denied = named(consent.getProvision(), itself, ConsentProvisionType.DENY);
        if (denied != null) {
          // Until it ends, whatever else is allowed.
          authority = until(authority, denied);
        }
        TimeRange allowed = named(consent.getProvision(), itself, ConsentProvisionType.PERMIT);
        if (allowed != null) {
          permitted.add(allowed);
        }
      }
    }
    long p = whose.get().self();
    LocalDate birth = Births.of(patient);
    Instant adult = Instant.MIN;
    if (birth != null) {
      TimeRange child = Spans.both(authority, Spans.ages(birth, -1, adolescentFrom));
      TimeRange teen = Spans.both(authority, Spans.ages(birth, adolescentFrom, adultFrom));
      TimeRange minor = Spans.both(authority, Spans.ages(birth, -1, adultFrom));
      grants.add(Grant.about(AudienceKey.CHILD_PROXY, itself, p, child));
      grants.add(Grant.about(AudienceKey.PROXY, itself, p, teen));
      grants.add(Grant.named(itself, minor));
      grants.add(
          new Grant(
              itself.self(),
              AudienceKey.CHILD_PROXY.of(itself.self()),
              child.low(),
              child.high(),
              null,
              null));
      adult = Spans.ages(birth, adultFrom, adultFrom).low();
    }
    for (TimeRange span : permitted) {
      TimeRange grownUp =
          Spans.both(Spans.both(authority, span), new TimeRange(adult, Instant.MAX, false));
      grants.add(Grant.about(AudienceKey.PROXY, itself, p, grownUp));
      grants.add(Grant.named(itself, grownUp));
    }
    return grants.stream().filter(g -> g.low().isBefore(g.high())).toList();
  }

  /** What is left of an authority: all after the denial. Before it, past access is past. */
  private static TimeRange until(TimeRange authority, TimeRange denied) {
    return Spans.both(authority, new TimeRange(denied.high(), Instant.MAX, false));
  }

  /** When a provision of this type names the person; null if none does. */
  private TimeRange named(ProvisionComponent provision, Local who, ConsentProvisionType type) {
    return named(provision, who, type, Spans.ALWAYS);
  }

  private TimeRange named(
      ProvisionComponent provision, Local who, ConsentProvisionType type, TimeRange outer) {
    TimeRange during = Spans.both(outer, Spans.of(provision.getPeriod()));
    if (provision.getType() == type
        && provision.getActor().stream()
            .flatMap(a -> relations.local(a.getReference()).stream())
            .anyMatch(who::equals)) {
      return during;
    }
    for (ProvisionComponent inner : provision.getProvision()) {
      TimeRange found = named(inner, who, type, during);
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
