// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.StoredResource;
import dev.parley.store.TimeRange;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Person;
import org.hl7.fhir.r4.model.Person.PersonLinkComponent;
import org.hl7.fhir.r4.model.VerificationResult;

/**
 * That somebody is who they say, how sure, and when.
 *
 * @param level 1 to 3
 * @param until {@link Instant#MAX} for no end
 */
record Proof(int level, Instant from, Instant until) {
  /** On a VerificationResult: valueInteger, 1 to 3. */
  static final String LEVEL = Codes.EXTENSIONS + "assurance-level";

  /** Whether it lets somebody read now what was sent then: what was readable stays so. */
  boolean opens(int needed, Instant sent, Instant now) {
    return level >= needed && !from.isAfter(now) && until.isAfter(sent);
  }

  /** All proofs about a person, on each side of a merge. */
  static List<Proof> of(Chart chart, Connection connection, String person) throws SQLException {
    Set<String> same =
        person.startsWith("Patient/") ? chart.merged(connection, person) : Set.of(person);
    List<Proof> proofs = new ArrayList<>();
    for (StoredResource stored :
        Lookup.referring(connection, "VerificationResult", "target", same)) {
      VerificationResult result = chart.parse(stored, VerificationResult.class);
      Proof proof = of(result, stored.updated());
      if (proof != null) {
        proofs.add(proof);
      }
    }
    for (StoredResource stored : Lookup.referring(connection, "Person", "link", same)) {
      Person account = chart.parse(stored, Person.class);
      if (!Boolean.FALSE.equals(account.getActiveElement().getValue())) {
        account.getLink().stream()
            .filter(link -> chart.local(link.getTarget()).filter(same::contains).isPresent())
            .forEach(link -> proofs.add(of(link)));
      }
    }
    return proofs;
  }

  /** Null if it verifies nobody. */
  static Proof of(VerificationResult result, Instant recorded) {
    int level = level(result);
    if (level == 0) {
      return null;
    }
    Instant from =
        result.hasStatusDate()
            ? TimeRange.ofElement(result.getStatusDateElement().getValueAsString()).low()
            : recorded;
    Instant until =
        result.hasNextScheduled()
            ? TimeRange.ofElement(result.getNextScheduledElement().getValueAsString()).high()
            : Instant.MAX;
    return new Proof(level, from, until);
  }

  private static int level(VerificationResult result) {
    if (result.getStatus() == null) {
      return 0;
    }
    Extension said = result.getExtensionByUrl(LEVEL);
    int level = said != null && said.getValue() instanceof IntegerType n ? n.getValue() : 2;
    return switch (result.getStatus()) {
      case VALIDATED -> Math.min(Math.max(level, 0), 3);
      case ATTESTED -> 1;
      default -> 0;
    };
  }

  private static Proof of(PersonLinkComponent link) {
    int level =
        link.getAssurance() == null
            ? 0
            : switch (link.getAssurance()) {
              case LEVEL1 -> 1;
              case LEVEL2 -> 2;
              case LEVEL3, LEVEL4 -> 3;
              default -> 0;
            };
    return new Proof(level, Instant.MIN, Instant.MAX);
  }
}
