// SPDX-License-Identifier: Apache-2.0
package dev.parley.consent;

import ca.uhn.fhir.context.FhirContext;
import dev.parley.access.Caller;
import dev.parley.store.Change;
import dev.parley.store.Draft;
import dev.parley.store.Moments;
import dev.parley.store.Step;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;

/**
 * What stays of messages that were refused: the author's draft, if a patient or proxy wrote it, and
 * a record without content for staff, once an hour for each sender, thread and reason.
 */
final class WhatStays {
  /** Identifier system of the record: of whom, in which thread, why. */
  static final String REFUSED = "https://parley.dev/fhir/refused";

  private static final Duration AT_MOST_EVERY = Duration.ofHours(1);

  private final FhirContext fhir;
  private final Clock clock;

  WhatStays(FhirContext fhir, Clock clock) {
    this.fhir = fhir;
    this.clock = clock;
  }

  /**
   * The steps that write it.
   *
   * @param all everything that was to be written
   * @param refused the messages among it that may not pass, with the patients whose consent is
   *     missing
   */
  List<Step> of(List<Change> all, Map<Change, Set<String>> refused) {
    // By what they are found by: two equal ones in a bundle are one.
    Map<String, Step> steps = new LinkedHashMap<>();
    for (Change change : all) {
      Caller.Kind kind = change.caller().kind();
      if (Gated.isMessage(change)
          && (kind == Caller.Kind.PATIENT || kind == Caller.Kind.PROXY)
          && !isSaidBy(change, all)) {
        draft(change, alone(change, all), refused.getOrDefault(change, Set.of()), steps);
      }
    }
    refused.forEach((change, patients) -> record(change, alone(change, all), patients, steps));
    return List.copyOf(steps.values());
  }

  /** Whether it is the header of a message that was to be written with it: that keeps its topic. */
  private static boolean isSaidBy(Change header, List<Change> all) {
    String reference = "Communication/" + header.id();
    return header.kind() == Change.Kind.CREATE
        && all.stream()
            .anyMatch(
                c ->
                    Gated.isMessage(c)
                        && ((Communication) c.after())
                            .getPartOf().stream()
                                .anyMatch(r -> reference.equals(r.getReference())));
  }

  /** A thread that was to be made with it is not there either. */
  private static Communication alone(Change change, List<Change> all) {
    Communication message = (Communication) change.after();
    Set<String> made =
        all.stream()
            .filter(c -> c.kind() == Change.Kind.CREATE)
            .map(c -> c.type() + "/" + c.id())
            .collect(Collectors.toSet());
    if (message.getPartOf().stream().noneMatch(r -> made.contains(r.getReference()))) {
      return message;
    }
    Communication alone = message.copy();
    alone.getPartOf().removeIf(r -> made.contains(r.getReference()));
    if (!alone.hasTopic()) {
      all.stream()
          .filter(c -> message.getPartOfFirstRep().getReference().endsWith("/" + c.id()))
          .filter(c -> c.after() instanceof Communication header && header.hasTopic())
          .forEach(c -> alone.setTopic(((Communication) c.after()).getTopic().copy()));
    }
    return alone;
  }

  private void draft(
      Change change, Communication message, Set<String> patients, Map<String, Step> steps) {
    String hash = hash(text(message));
    Communication draft = HeldDraft.of(message, hash, patients);
    if (!draft.hasSender()) {
      draft.setSender(new Reference(change.caller().reference()));
    }
    if (change.before() instanceof Communication before) {
      if (!Gated.isUnsent(before)) {
        // An edit: what was sent stands as it was.
        return;
      }
      // It was a draft already: what was to be sent of it is its newest text.
      if (!HeldDraft.is(before) || !text(before).equals(text(message))) {
        draft.setId(change.id());
        steps.put(hash, Step.update(Draft.of(draft, fhir), change.id(), null));
      }
    } else {
      steps.put(
          hash,
          Step.create(
              Draft.of(draft, fhir),
              "status=preparation&identifier=" + HeldDraft.TEXT + "|" + hash));
    }
  }

  private void record(
      Change change, Communication message, Set<String> patients, Map<String, Step> steps) {
    Communication record = new Communication().setStatus(CommunicationStatus.NOTDONE);
    record.setStatusReason(
        new CodeableConcept()
            .addCoding(
                new Coding()
                    .setSystem(
                        "http://terminology.hl7.org/CodeSystem/communication-not-done-reason")
                    .setCode("patient-objection")));
    message.getCategory().forEach(c -> record.addCategory(c.copy()));
    record.setSubject(
        message.hasSubject()
            ? message.getSubject().copy()
            : new Reference(patients.iterator().next()));
    message.getPartOf().forEach(r -> record.addPartOf(r.copy()));
    message.getRecipient().forEach(r -> record.addRecipient(r.copy()));
    String sender =
        message.hasSender() || change.caller().isSystem()
            ? message.getSender().getReference()
            : change.caller().reference();
    if (sender != null) {
      record.setSender(new Reference(sender));
    }
    record.setSentElement(Moments.utc(clock.instant()));
    // What is in no thread is in one with the patient.
    String thread =
        message.hasPartOf() ? message.getPartOfFirstRep().getReference() : patients.toString();
    String key = hash(sender + " " + thread + " " + ConsentGate.MISSING);
    record.addIdentifier().setSystem(REFUSED).setValue(key);
    String since = clock.instant().minus(AT_MOST_EVERY).toString();
    steps.put(
        key,
        Step.create(
            Draft.of(record, fhir),
            "identifier=" + REFUSED + "|" + key + "&_lastUpdated=gt" + since));
  }

  /** What its author wrote, and to whom: the same again is the same draft. */
  private String text(Communication message) {
    Communication plain = HeldDraft.of(message, "", Set.of());
    plain.setMeta(null);
    plain.setSentElement(null).setReceivedElement(null);
    plain.setStatus(null);
    plain.getIdentifier().clear();
    return fhir.newJsonParser().encodeResourceToString(plain);
  }

  private static String hash(String text) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
