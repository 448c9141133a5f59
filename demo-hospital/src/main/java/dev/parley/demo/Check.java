// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Resource;

/** What must hold before anything is written; all faults are told together. */
final class Check {
  private final FhirContext fhir;
  private final Map<String, Resource> known = new HashMap<>();
  private final List<String> faults = new ArrayList<>();

  private Check(FhirContext fhir) {
    this.fhir = fhir;
  }

  static void all(FhirContext fhir, Composition composition) {
    Check check = new Check(fhir);
    composition.all().forEach(check::parse);
    composition.all().forEach(check::references);
    check.order(composition.conversations());
    composition.all().stream()
        .filter(Communication.class::isInstance)
        .forEach(c -> check.communication((Communication) c));
    if (!check.faults.isEmpty()) {
      throw new IllegalStateException(String.join("\n", check.faults));
    }
  }

  private void parse(Resource resource) {
    IParser strict = fhir.newJsonParser().setParserErrorHandler(new StrictErrorHandler());
    String reference = reference(resource);
    try {
      strict.parseResource(fhir.newJsonParser().encodeResourceToString(resource));
    } catch (RuntimeException e) {
      faults.add(reference + ": " + e.getMessage());
    }
    String id = resource.getIdPart();
    if (!id.matches("[A-Za-z0-9.-]{1,64}") || id.matches("\\d+")) {
      faults.add(reference + " has an unusable id");
    }
    if (known.put(reference, resource) != null) {
      faults.add(reference + " exists twice");
    }
  }

  private void references(Resource resource) {
    for (ResourceReferenceInfo info : fhir.newTerser().getAllResourceReferences(resource)) {
      String target = info.getResourceReference().getReferenceElement().getValue();
      if (target != null && !known.containsKey(target)) {
        faults.add(reference(resource) + " points at " + target + ", which does not exist");
      }
    }
  }

  /** Loading line by line must never meet a thread or message that is still to come. */
  private void order(List<Resource> conversations) {
    Set<String> seen = new HashSet<>();
    for (Resource resource : conversations) {
      seen.add(reference(resource));
      for (ResourceReferenceInfo info : fhir.newTerser().getAllResourceReferences(resource)) {
        String target = info.getResourceReference().getReferenceElement().getValue();
        if (target != null && target.startsWith("Communication") && !seen.contains(target)) {
          faults.add(reference(resource) + " comes before " + target);
        }
      }
    }
  }

  private void communication(Communication communication) {
    String reference = reference(communication);
    if (!communication.hasSender() || !communication.hasRecipient()) {
      faults.add(reference + " lacks sender or recipient");
    }
    if (!BaseDate.isPast(communication.getSent())) {
      faults.add(reference + " is sent in the future");
    }
    audience(communication, reference);
    if (!communication.hasPartOf()) {
      if (communication.hasPayload() || !communication.getTopic().hasText()) {
        faults.add(reference + " is no thread header");
      }
      return;
    }
    check(communication, communication.getPartOfFirstRep().getReference());
    communication.getInResponseTo().forEach(r -> check(communication, r.getReference()));
  }

  private void audience(Communication communication, String reference) {
    boolean staffOnly =
        communication.getCategory().stream()
            .anyMatch(c -> c.getCodingFirstRep().getCode().equals("staff-only"));
    if (staffOnly) {
      Stream.concat(communication.getRecipient().stream(), Stream.of(communication.getSender()))
          .filter(r -> r.getReference().matches("(Patient|RelatedPerson|CareTeam/team-).*"))
          .forEach(r -> faults.add(reference + " is for the staff, not for " + r.getReference()));
    } else if (communication.hasPayload()) {
      consent(communication, reference);
    }
  }

  private void consent(Communication message, String reference) {
    String patient = message.getSubject().getReference().substring("Patient/".length());
    Consent consent = (Consent) known.get("Consent/messaging-" + patient);
    if (consent == null
        || message.getSent().before(consent.getProvision().getPeriod().getStart())
        || message.getSent().after(consent.getProvision().getPeriod().getEnd())) {
      faults.add(reference + " is not covered by a consent");
    }
  }

  private void check(Communication message, String earlier) {
    Communication other = (Communication) known.get(earlier);
    if (other == null || message.getSent().before(other.getSent())) {
      faults.add(reference(message) + " is older than " + earlier);
    }
  }

  private static String reference(Resource resource) {
    return resource.fhirType() + "/" + resource.getIdPart();
  }
}
