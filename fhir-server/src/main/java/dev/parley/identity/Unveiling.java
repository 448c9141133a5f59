// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.feature.Tools;
import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private final Tools tools;
  private final Levels levels;

  Unveiling(Tools tools, Levels levels) {
    this.tools = tools;
    this.levels = levels;
    tools.agenda().once(KIND, this::of);
  }

  boolean concerns(Change change) {
    return change.type().equals("VerificationResult") || change.type().equals("Person");
  }

  /** Notes in the transaction of a proof that it is to be done. */
  void note(Change change, Connection connection) throws SQLException {
    for (String person : people(change)) {
      tools.agenda().at(connection, KIND, person, tools.clock().instant());
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
        .flatMap(r -> tools.chart().local(r).stream())
        .filter(Chart::isPatientSide)
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
    Map<String, StoredResource> waiting = new LinkedHashMap<>();
    found("recipient", person).forEach(m -> waiting.put(m.id(), m));
    if (person.startsWith("Patient/")) {
      found("subject", person).forEach(m -> waiting.put(m.id(), m));
    }
    tools
        .database()
        .with(connection -> readable(waiting.values(), connection))
        .forEach(this::unveil);
  }

  /** Those of them that wait for nobody any more. */
  private List<StoredResource> readable(Collection<StoredResource> messages, Connection connection)
      throws SQLException {
    Gate gate = new Gate(tools.chart(), levels, tools.clock(), connection);
    List<StoredResource> readable = new ArrayList<>();
    for (StoredResource each : messages) {
      if (!gate.withholdsFromSomebody(tools.chart().parse(each, Communication.class))) {
        readable.add(each);
      }
    }
    return readable;
  }

  private Iterable<StoredResource> found(String parameter, String person) {
    return tools
        .own()
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
    tools
        .own()
        .write(
            Step.change(
                tools.fhir(),
                Communication.class,
                stored.id(),
                message -> Withheld.mark(message, false)));
  }
}
