// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.agenda.Agenda;
import dev.parley.db.Database;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Draft;
import dev.parley.store.ResourceStore;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Person;
import org.hl7.fhir.r4.model.Person.PersonLinkComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.VerificationResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Once somebody is verified, takes the mark off what waited for them: a new version, so that open
 * sockets get the text.
 */
final class Unveiling {
  private static final Logger LOG = LoggerFactory.getLogger(Unveiling.class);
  private static final String KIND = "unveil";

  private final FhirContext fhir;
  private final Database database;
  private final Supplier<ResourceStore> store;
  private final Chart chart;
  private final Levels levels;
  private final Agenda agenda;
  private final Clock clock;

  Unveiling(
      FhirContext fhir,
      Database database,
      Supplier<ResourceStore> store,
      Chart chart,
      Levels levels,
      Agenda agenda,
      Clock clock) {
    this.fhir = fhir;
    this.database = database;
    this.store = store;
    this.chart = chart;
    this.levels = levels;
    this.agenda = agenda;
    this.clock = clock;
    agenda.once(KIND, this::of);
  }

  boolean concerns(Change change) {
    return change.type().equals("VerificationResult") || change.type().equals("Person");
  }

  /** Notes in the transaction of a proof that it is to be done. */
  void note(Change change, Connection connection) throws SQLException {
    for (String person : people(change)) {
      agenda.at(connection, KIND, person, clock.instant());
    }
  }

  /** At once; what does not go now is done by the agenda. */
  void after(Change change) {
    for (String person : people(change)) {
      try {
        of(person);
      } catch (RuntimeException e) {
        LOG.warn("the messages that waited for {} still say so: {}", person, e.toString());
      }
    }
  }

  private List<String> people(Change change) {
    return people(change.after())
        .flatMap(r -> chart.local(r).stream())
        .filter(who -> who.startsWith("Patient/") || who.startsWith("RelatedPerson/"))
        .toList();
  }

  private static Stream<Reference> people(Resource resource) {
    if (resource instanceof VerificationResult result) {
      return result.getTarget().stream();
    }
    return resource instanceof Person person
        ? person.getLink().stream().map(PersonLinkComponent::getTarget)
        : Stream.empty();
  }

  private void of(String person) {
    try (Connection connection = database.connection()) {
      Map<String, StoredResource> waiting = new LinkedHashMap<>();
      for (String parameter : new String[] {"recipient", "subject"}) {
        if (parameter.equals("recipient") || person.startsWith("Patient/")) {
          found(parameter, person).forEach(m -> waiting.put(m.id(), m));
        }
      }
      Gate gate = new Gate(chart, levels, clock, connection);
      for (StoredResource each : waiting.values()) {
        if (!gate.withholdsFromSomebody(chart.parse(each, Communication.class))) {
          unveil(each);
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Iterable<StoredResource> found(String parameter, String person) {
    return store
        .get()
        .as(Caller.SYSTEM)
        .search(
            "Communication",
            null,
            Map.of(
                parameter,
                new String[] {person},
                "_tag",
                new String[] {Withheld.SYSTEM + "|" + Withheld.IDENTITY},
                "_count",
                new String[] {"1000"}),
            true)
        .matches();
  }

  private void unveil(StoredResource stored) {
    store
        .get()
        .as(Caller.SYSTEM)
        .write(
            Step.patch(
                "Communication",
                stored.id(),
                now -> {
                  Communication message = chart.parse(now, Communication.class);
                  Withheld.mark(message, false);
                  return Draft.of(message, fhir);
                },
                null));
  }
}
