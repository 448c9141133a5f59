// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.store.Chart;
import dev.parley.store.Keys;
import dev.parley.store.Lookup;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointUse;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;

/** Where an e-mail to somebody goes: what they have said, or what their record says. */
record Addresses(Chart chart) {
  Optional<String> of(Connection connection, String who, Instant now) throws SQLException {
    Preference said =
        PreferenceTable.of(connection, List.of(Keys.of(who)))
            .getOrDefault(Keys.of(who), Preference.USUAL);
    if (said.email() != null) {
      return Optional.of(said.email());
    }
    Optional<StoredResource> stored = Lookup.one(connection, who);
    return stored.map(s -> telecom(chart.parse(s, Resource.class))).orElse(List.of()).stream()
        .filter(t -> t.getSystem() == ContactPointSystem.EMAIL && t.hasValue())
        .filter(t -> t.getUse() != ContactPointUse.OLD)
        .filter(t -> !t.getPeriod().hasEnd() || t.getPeriod().getEnd().toInstant().isAfter(now))
        .sorted(Comparator.comparing(t -> t.hasRank() ? t.getRank() : Integer.MAX_VALUE))
        .map(ContactPoint::getValue)
        .filter(Mail::isAddress)
        .findFirst();
  }

  private static List<ContactPoint> telecom(Resource resource) {
    return resource instanceof Patient patient
        ? patient.getTelecom()
        : resource instanceof RelatedPerson proxy
            ? proxy.getTelecom()
            : resource instanceof Practitioner staff ? staff.getTelecom() : List.of();
  }
}
