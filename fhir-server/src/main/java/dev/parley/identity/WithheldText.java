// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.store.Chart;
import dev.parley.store.FreeText;
import dev.parley.store.Redaction;
import dev.parley.store.ResourceText;
import dev.parley.store.StoredResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;

/**
 * What patients and proxies read of a message whose text waits, and of the results that it is
 * about: that there is one, from whom and when, and how to get verified.
 */
final class WithheldText implements Redaction {
  static final String OBSERVATION_VALUES =
      "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
  static final String SUBSETTED = "SUBSETTED";

  /** As our own writer puts it: no spaces, no escapes. */
  private static final String SENT = "\"sent\":\"";

  private final FhirContext fhir;
  private final Chart chart;
  private final Levels levels;
  private final WithheldResults results;
  private final String words;
  private final Clock clock;

  WithheldText(FhirContext fhir, Chart chart, Levels levels, String words, Clock clock) {
    this.fhir = fhir;
    this.chart = chart;
    this.levels = levels;
    this.results = new WithheldResults(chart, levels);
    this.words = words;
    this.clock = clock;
  }

  @Override
  public boolean concerns(Caller caller, String type) {
    return (type.equals("Communication")
            || type.equals("Binary")
            || WithheldResults.TYPES.containsKey(type))
        && (caller.kind() == Caller.Kind.PATIENT || caller.kind() == Caller.Kind.PROXY);
  }

  @Override
  public List<StoredResource> redact(
      Connection connection, Caller caller, List<StoredResource> resources) throws SQLException {
    Gate gate = gate(connection);
    boolean all = gate.opensAll(caller.reference(), caller.assurance());
    List<StoredResource> shown = new ArrayList<>();
    for (StoredResource each : resources) {
      if (!each.deleted()
          && concerns(caller, each.type())
          && !(all && isSentBefore(each, clock.instant()))) {
        Resource resource = parse(each.json());
        shown.add(
            withholds(gate, connection, caller, resource)
                ? as(each, less(resource))
                : withoutNotes(each));
      } else {
        shown.add(withoutNotes(each));
      }
    }
    return shown;
  }

  @Override
  public String redact(Connection connection, Caller caller, String json) throws SQLException {
    Resource resource = parse(json);
    if (withholds(gate(connection), connection, caller, resource)) {
      return encode(less(resource));
    }
    return resource instanceof Communication message && StaffNotes.are(message)
        ? encode(StaffNotes.without(message))
        : json;
  }

  private StoredResource withoutNotes(StoredResource stored) {
    return stored.type().equals("Communication")
            && StaffNotes.mayBeIn(stored.text())
            && parse(stored.json()) instanceof Communication message
            && StaffNotes.are(message)
        ? as(stored, StaffNotes.without(message))
        : stored;
  }

  @Override
  public boolean withholds(Connection connection, Caller caller, StoredResource resource)
      throws SQLException {
    return !resource.deleted()
        && withholds(gate(connection), connection, caller, parse(resource.json()));
  }

  private boolean withholds(Gate gate, Connection connection, Caller caller, Resource resource)
      throws SQLException {
    if (resource instanceof Communication message) {
      return gate.withholds(caller.reference(), caller.assurance(), message);
    }
    if (resource instanceof Binary file) {
      return withholdsFile(gate, connection, caller, file);
    }
    return results.withholds(gate, connection, caller, WithheldResults.reference(resource));
  }

  /** Whether it is for staff in a session that is sure enough, and not the caller's own. */
  boolean isClinical(Connection connection, Caller caller, String json) throws SQLException {
    Resource resource = parse(json);
    Gate gate = gate(connection);
    if (resource instanceof Binary file) {
      String of = chart.local(file.getSecurityContext()).orElse("");
      Optional<Communication> carrier =
          of.startsWith("Communication/")
              ? chart.find(connection, of, Communication.class)
              : Optional.empty();
      return carrier.isPresent() && gate.isClinical(caller.reference(), carrier.get());
    }
    return resource instanceof Communication message
        && gate.isClinical(caller.reference(), message);
  }

  /** What is left of something that waits. */
  StoredResource of(StoredResource stored) {
    return as(stored, less(parse(stored.json())));
  }

  String of(String json) {
    return encode(less(parse(json)));
  }

  /** A file waits with the message, or the document, that it is a part of. */
  private boolean withholdsFile(Gate gate, Connection connection, Caller caller, Binary file)
      throws SQLException {
    String of = chart.local(file.getSecurityContext()).orElse("");
    if (WithheldResults.TYPES.containsKey(of.replaceAll("/.*", ""))) {
      return results.withholds(gate, connection, caller, of);
    }
    Optional<Communication> carrier =
        of.startsWith("Communication/")
            ? chart.find(connection, of, Communication.class)
            : Optional.empty();
    return carrier.isPresent()
        && gate.withholds(caller.reference(), caller.assurance(), carrier.get());
  }

  @Override
  public Map<String, Instant> closedSince(Connection connection, Caller caller, String type)
      throws SQLException {
    Map<String, Instant> since = new TreeMap<>();
    for (String each : WithheldResults.TYPES.keySet()) {
      if ((type == null || type.equals(each)) && concerns(caller, each)) {
        since.put(each, results.closedSince(connection, caller, each, clock.instant()));
      }
    }
    return since;
  }

  @Override
  public boolean closesWords(Connection connection, Caller caller) throws SQLException {
    return concerns(caller, "Communication")
        && !gate(connection).opensAll(caller.reference(), caller.assurance());
  }

  /** Seen in the text: everything called "sent" in it is a moment up to now. */
  private static boolean isSentBefore(StoredResource resource, Instant now) {
    String text = resource.text();
    if (!resource.type().equals("Communication")) {
      return false;
    }
    for (int i = text.indexOf(SENT); i >= 0; i = text.indexOf(SENT, i)) {
      i += SENT.length();
      try {
        String sent = text.substring(i, text.indexOf('"', i));
        if (OffsetDateTime.parse(sent).toInstant().isAfter(now)) {
          return false;
        }
      } catch (DateTimeParseException e) {
        // A day or a month: to be looked at properly.
        return false;
      }
    }
    return !resource.updated().isAfter(now);
  }

  private Gate gate(Connection connection) {
    return new Gate(chart, levels, clock, connection);
  }

  private Resource parse(String json) {
    return (Resource) fhir.newJsonParser().parseResource(json);
  }

  private String encode(Resource resource) {
    return fhir.newJsonParser().encodeResourceToString(resource);
  }

  private StoredResource as(StoredResource stored, Resource less) {
    return new StoredResource(
        stored.type(),
        stored.id(),
        stored.version(),
        stored.updated(),
        stored.kind(),
        ResourceText.of(encode(less), stored.type(), Map.of()));
  }

  private Resource less(Resource resource) {
    if (resource instanceof Communication message) {
      return less(message);
    }
    if (resource instanceof Binary file) {
      Binary less = lessOfFile();
      less.setId(file.getIdElement());
      return less;
    }
    return WithheldResults.less(resource, words);
  }

  /** Not even what kind of file it is. */
  private static Binary lessOfFile() {
    Binary less = new Binary();
    less.getMeta().addTag().setSystem(OBSERVATION_VALUES).setCode(SUBSETTED);
    less.setContentType("application/octet-stream");
    return less;
  }

  /** Only what is known to be harmless is carried over. */
  private Communication less(Communication message) {
    Communication less = new Communication();
    less.setId(message.getIdElement());
    less.setMeta(message.getMeta().copy());
    less.getMeta().addTag().setSystem(OBSERVATION_VALUES).setCode(SUBSETTED);
    Withheld.mark(less, true);
    less.setIdentifier(message.getIdentifier());
    less.setPartOf(message.getPartOf());
    less.setInResponseTo(message.getInResponseTo());
    less.setStatus(message.getStatus());
    less.setCategory(message.getCategory().stream().map(WithheldText::codes).toList());
    less.setPriority(message.getPriority());
    less.setMedium(message.getMedium().stream().map(WithheldText::codes).toList());
    less.setSubject(message.getSubject());
    less.setSentElement(message.getSentElement());
    less.setReceivedElement(message.getReceivedElement());
    less.setRecipient(message.getRecipient());
    less.setSender(message.getSender());
    if (message.hasPayload()) {
      less.addPayload().setContent(new StringType(words));
    } else {
      // A header says so in place of its title; who came and went is no secret.
      less.getTopic().setText(words);
      message.getExtension().stream()
          .filter(e -> !FreeText.in(e))
          .forEach(e -> less.addExtension(e.copy()));
    }
    return less;
  }

  private static CodeableConcept codes(CodeableConcept concept) {
    CodeableConcept codes = concept.copy().setText(null);
    codes.getCoding().forEach(c -> c.setDisplay(null));
    return codes;
  }
}
