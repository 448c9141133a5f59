// SPDX-License-Identifier: Apache-2.0
package dev.parley.identity;

import dev.parley.store.Codes;
import dev.parley.store.References;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Attachment;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Reference;

/** How much harm a message does in the wrong hands, least first. */
enum ContentClass {
  GREETING,
  SCHEDULING,
  CLINICAL,
  SENSITIVE;

  private static final Set<String> RESULTS =
      Set.of("DiagnosticReport", "Observation", "ImagingStudy", "MolecularSequence", "Specimen");
  private static final Set<String> HARMLESS =
      Set.of(
          "Appointment",
          "AppointmentResponse",
          "Communication",
          "Consent",
          "HealthcareService",
          "Location",
          "Organization",
          "Practitioner",
          "PractitionerRole",
          "Schedule",
          "Slot");

  /**
   * The class of a message: what it is labelled as, clinical without a label; raised by the label
   * of its thread, by what is attached and by what it is about.
   *
   * @param thread its header, or the message itself
   */
  static ContentClass of(Communication message, Communication thread) {
    ContentClass label = label(message);
    ContentClass said = label == null ? raising(label(thread)) : label;
    ContentClass raised =
        Stream.of(message, thread).map(ContentClass::least).max(ContentClass::compareTo).get();
    ContentClass base = said == null ? CLINICAL : said;
    return base.compareTo(raised) < 0 ? raised : base;
  }

  /** A thread's label is of messages that nobody has judged: it lowers none of them. */
  private static ContentClass raising(ContentClass thread) {
    return thread == null || thread.compareTo(CLINICAL) < 0 ? null : thread;
  }

  private static ContentClass label(Communication message) {
    for (CodeableConcept category : message.getCategory()) {
      for (Coding coding : category.getCoding()) {
        if (Codes.CONTENT_CLASSES.equals(coding.getSystem())) {
          for (ContentClass each : values()) {
            if (each.word().equals(coding.getCode())) {
              return each;
            }
          }
        }
      }
    }
    return null;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Below this no label lowers it. */
  private static ContentClass least(Communication message) {
    boolean restricted =
        message.getMeta().getSecurity().stream()
            .anyMatch(c -> "R".equals(c.getCode()) || "V".equals(c.getCode()));
    ContentClass least = restricted ? SENSITIVE : GREETING;
    for (CommunicationPayloadComponent payload : message.getPayload()) {
      if (payload.getContent() instanceof Attachment && least.compareTo(CLINICAL) < 0) {
        least = CLINICAL;
      }
    }
    ContentClass about =
        Stream.of(
                message.getAbout().stream(),
                message.getReasonReference().stream(),
                message.getPayload().stream()
                    .map(CommunicationPayloadComponent::getContent)
                    .filter(Reference.class::isInstance)
                    .map(Reference.class::cast))
            .flatMap(references -> references)
            .map(ContentClass::about)
            .max(ContentClass::compareTo)
            .orElse(GREETING);
    return least.compareTo(about) < 0 ? about : least;
  }

  private static ContentClass about(Reference reference) {
    String type = String.valueOf(References.typeOf(reference));
    return RESULTS.contains(type) ? SENSITIVE : HARMLESS.contains(type) ? GREETING : CLINICAL;
  }
}
