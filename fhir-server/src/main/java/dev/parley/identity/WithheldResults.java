// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.access.Caller;
import dev.parley.store.Chart;
import dev.parley.store.Lookup;
import dev.parley.store.References;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Resource;

/**
 * What a message is about waits as the message does: a result is not read around it. A result that
 * a reader may learn of by one of several messages is open to them.
 */
final class WithheldResults {
  /** Why a resource's text waits, at the least: what the class of a message about it is. */
  static final Map<String, ContentClass> TYPES =
      Map.of(
          "DiagnosticReport", ContentClass.SENSITIVE,
          "Observation", ContentClass.SENSITIVE,
          "DocumentReference", ContentClass.CLINICAL);

  private final Chart chart;
  private final Levels levels;

  WithheldResults(Chart chart, Levels levels) {
    this.chart = chart;
    this.levels = levels;
  }

  boolean withholds(Gate gate, Connection connection, Caller reader, String reference)
      throws SQLException {
    if (levels.of(TYPES.get(reference.substring(0, reference.indexOf('/')))) == 0) {
      return false;
    }
    Set<String> asked = new LinkedHashSet<>(List.of(reference));
    if (reference.startsWith("Observation/")) {
      // What a report that waits is made of.
      Lookup.referring(connection, "DiagnosticReport", "result", asked)
          .forEach(report -> asked.add(report.reference()));
    }
    for (String each : asked) {
      boolean concerned = false;
      boolean open = false;
      for (StoredResource stored :
          Lookup.referring(connection, "Communication", "about", List.of(each))) {
        Communication message = chart.parse(stored, Communication.class);
        // The header of a thread about it tells nobody anything.
        if (message.hasPayload() && gate.readers(message).contains(reader.reference())) {
          concerned = true;
          open |= !gate.withholds(reader.reference(), reader.assurance(), message);
        }
      }
      if (concerned && !open) {
        return true;
      }
    }
    return false;
  }

  /** From when on messages keep a result from being found by this reader; MAX for never. */
  Instant closedSince(Connection connection, Caller reader, String type, Instant now)
      throws SQLException {
    int needed = levels.of(TYPES.get(type));
    if (needed == 0) {
      return Instant.MAX;
    }
    Instant since = Instant.MIN;
    if (reader.assurance() >= needed) {
      for (Proof proof : Proof.of(chart, connection, reader.reference())) {
        if (proof.level() >= needed && !proof.from().isAfter(now) && proof.until().isAfter(since)) {
          since = proof.until();
        }
      }
    }
    return since;
  }

  /** Only what is known to be harmless is carried over. */
  static Resource less(Resource result, String words) {
    Resource less = harmless(result, words);
    less.setId(result.getIdElement());
    less.setMeta(result.getMeta().copy());
    less.getMeta()
        .addTag()
        .setSystem(WithheldText.OBSERVATION_VALUES)
        .setCode(WithheldText.SUBSETTED);
    // A label may tell as much as the text.
    less.getMeta().setSecurity(new ArrayList<>());
    return less;
  }

  private static Resource harmless(Resource result, String words) {
    if (result instanceof DiagnosticReport report) {
      DiagnosticReport less = new DiagnosticReport();
      less.setStatus(report.getStatus());
      less.setSubject(report.getSubject());
      less.setIssuedElement(report.getIssuedElement());
      less.getCode().setText(words);
      return less;
    }
    if (result instanceof Observation observation) {
      Observation less = new Observation();
      less.setStatus(observation.getStatus());
      less.setSubject(observation.getSubject());
      less.setIssuedElement(observation.getIssuedElement());
      less.getCode().setText(words);
      return less;
    }
    DocumentReference document = (DocumentReference) result;
    DocumentReference less = new DocumentReference();
    less.setStatus(document.getStatus());
    less.setSubject(document.getSubject());
    less.setDateElement(document.getDateElement());
    less.setDescription(words);
    return less;
  }

  static boolean is(Resource resource) {
    return TYPES.containsKey(resource.fhirType());
  }

  static String reference(Resource resource) {
    return new References.Local(resource.fhirType(), resource.getIdElement().getIdPart())
        .toString();
  }
}
