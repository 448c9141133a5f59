// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.store.Change;
import dev.parley.store.Codes;
import dev.parley.store.FreeText;
import dev.parley.store.References;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/**
 * Which writes send a message, and which of them pass for what they are. Systems that keep records
 * (without the scope {@code messaging}, or by PUT) send nothing.
 */
final class Gated {
  private static final Set<String> PATIENT_SIDE = Set.of("Patient", "RelatedPerson");
  private static final Set<String> AUTOMATIC = Set.of("Device", "HealthcareService");

  private Gated() {}

  /** Whether it is one of those who send. */
  static boolean sends(Change change) {
    return change.type().equals("Communication") && change.sends();
  }

  /** Whether text is sent by it that was not sent before, or to somebody else. */
  static boolean isMessage(Change change) {
    if (!sends(change)
        || !(change.after() instanceof Communication message)
        || isUnsent(message)
        || !message.hasPayload() && message.getStatus() == CommunicationStatus.NOTDONE) {
      return false;
    }
    Communication before =
        change.before() instanceof Communication b && !isUnsent(b) ? b : new Communication();
    if (message.hasPayload()) {
      return !says(before, message);
    }
    // A header. What has lost its payload has been recalled.
    return !before.hasPayload() && addsWords(before, message);
  }

  /** Words that nobody has read yet, or that somebody on the patient's side has not. */
  private static boolean addsWords(Communication before, Communication after) {
    Set<String> words = FreeText.of(after);
    return !words.isEmpty()
        && !(FreeText.of(before).containsAll(words)
            && patientSide(before).containsAll(patientSide(after)));
  }

  private static Set<String> patientSide(Communication header) {
    return header.getRecipient().stream()
        .filter(r -> PATIENT_SIDE.contains(String.valueOf(References.typeOf(r))))
        .map(Reference::getReference)
        .collect(Collectors.toSet());
  }

  /** A draft, or one that waits for its time: it is asked about when it is sent. */
  static boolean isUnsent(Communication message) {
    return message.getStatus() == CommunicationStatus.PREPARATION
        || message.getStatus() == CommunicationStatus.ONHOLD;
  }

  /** A receipt, a recall or a closing note changes none of this. */
  private static boolean says(Communication before, Communication after) {
    return Stream.of(
            "payload",
            "recipient",
            "sender",
            "subject",
            "partOf",
            "medium",
            "topic",
            "note",
            "reasonCode",
            "text",
            "contained")
        .allMatch(
            name ->
                Base.compareDeep(
                    before.getChildByName(name).getValues(),
                    after.getChildByName(name).getValues(),
                    true));
  }

  /**
   * What it passes for without a consent, by who sends it and how.
   *
   * @throws Refusal 403 for ETREAT without a reason
   */
  static Optional<Pass> pass(Change change) {
    Caller caller = change.caller();
    Communication message = (Communication) change.after();
    if (caller.purpose() != null
        && caller.purpose().code().equals("ETREAT")
        && caller.isClinician()) {
      if (caller.purpose().reason() == null || caller.purpose().reason().isBlank()) {
        throw Refusal.forbidden(
            "purpose-reason", "An emergency message needs its reason: ETREAT;reason=...");
      }
      return Optional.of(Pass.EMERGENCY_TREATMENT);
    }
    return caller.isSystem() && isAdvice(message)
        ? Optional.of(Pass.EMERGENCY_ADVICE)
        : Optional.empty();
  }

  private static boolean isAdvice(Communication message) {
    return Codes.ours(message.getCategory(), "automatic").contains("emergency-advice")
        && AUTOMATIC.contains(
            String.valueOf(message.getSender().getReferenceElement().getResourceType()))
        && message.getPayload().stream().allMatch(p -> p.getContent() instanceof StringType);
  }
}
