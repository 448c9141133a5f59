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
   * @param birth the patient's, or null
   * @param consents the active ones of the patient, under all their records
   * @param written those of them that are in writing: the others permit nothing
   */
  List<Grant> of(
      RelatedPerson person,
      Local itself,
      LocalDate birth,
      List<Consent> consents,
      List<Consent> written) {
    List<Grant> grants = new ArrayList<>();
    Optional<Local> whose = relations.patient(person.getPatient());
    if (whose.isEmpty() || Boolean.FALSE.equals(person.getActiveElement().getValue())) {
      return grants;
    }
    List<TimeRange> authority = List.of(Spans.of(person.getPeriod()));
    List<TimeRange> permitted = new ArrayList<>();
    for (Consent consent : consents) {
      Provisions provisions = new Provisions(relations, itself);
      for (TimeRange denied : provisions.of(consent, ConsentProvisionType.DENY)) {
        authority = Spans.without(authority, denied);
      }
      if (written.contains(consent)) {
        permitted.addAll(provisions.of(consent, ConsentProvisionType.PERMIT));
      }
    }
    long p = whose.get().self();
    Instant adult = Instant.MIN;
    if (birth != null) {
      adult = Spans.ages(birth, adultFrom, adultFrom).low();
      for (TimeRange span : authority) {
        minor(itself, p, birth, span, grants);
      }
    }
    for (TimeRange allowed : permitted) {
      for (TimeRange span : authority) {
        TimeRange grownUp =
            Spans.both(Spans.both(span, allowed), new TimeRange(adult, Instant.MAX, false));
        grants.add(Grant.about(AudienceKey.PROXY, itself, p, grownUp));
        grants.add(Grant.named(itself, grownUp));
      }
    }
    return grants.stream().filter(g -> g.low().isBefore(g.high())).toList();
  }

  private void minor(
      Local itself, long patient, LocalDate birth, TimeRange authority, List<Grant> grants) {
    TimeRange child = Spans.both(authority, Spans.ages(birth, -1, adolescentFrom));
    TimeRange teen = Spans.both(authority, Spans.ages(birth, adolescentFrom, adultFrom));
    grants.add(Grant.about(AudienceKey.CHILD_PROXY, itself, patient, child));
    grants.add(Grant.about(AudienceKey.PROXY, itself, patient, teen));
    grants.add(Grant.named(itself, Spans.both(authority, Spans.ages(birth, -1, adultFrom))));
    grants.add(
        new Grant(
            itself.self(),
            AudienceKey.CHILD_PROXY.of(itself.self()),
            child.low(),
            child.high(),
            null,
            null));
  }
}
