// SPDX-License-Identifier: Apache-2.0
package dev.parley.expectation;

import dev.parley.store.Change;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.Sending;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Communication;

/**
 * A message that is being sent.
 *
 * @param reference "Communication/x"
 * @param sender "Type/id"
 * @param thread "Communication/x"; the message itself without one
 */
record Sent(String reference, String sender, String thread, Communication message) {
  static final String AUTOMATIC = Codes.EXTENSIONS + "automatic";

  /** Empty for everything else: drafts, receipts, headers, what a system keeps as a record. */
  static Optional<Sent> of(Change change, Chart chart) {
    return change.sends() && Sending.begins(change)
        ? of(change, (Communication) change.after(), chart)
        : Optional.empty();
  }

  /** What a person writes that is to be sent later. */
  static Optional<Sent> later(Change change, Chart chart) {
    return !change.caller().isSystem()
            && change.after() instanceof Communication after
            && after.hasPayload()
            && Sending.isScheduled(after)
        ? of(change, after, chart)
        : Optional.empty();
  }

  /** When it is to be sent; or this moment. */
  Instant at(Instant now) {
    return Sending.at(message).orElse(now);
  }

  private static Optional<Sent> of(Change change, Communication after, Chart chart) {
    String self = "Communication/" + change.id();
    Optional<String> sender = chart.local(after.getSender());
    return sender.map(
        who ->
            new Sent(
                self,
                who,
                after.getPartOf().stream()
                    .flatMap(r -> chart.local(r).stream())
                    .findFirst()
                    .orElse(self),
                after));
  }

  /** A person, or a system that sends for one. */
  static boolean sends(Change change) {
    return change.type().equals("Communication") && change.sends();
  }

  boolean isFromPatientSide() {
    return Chart.isPatientSide(sender);
  }

  /** Written by somebody who works here, and not by a machine. */
  boolean isFromStaff() {
    return isByStaff(message, sender);
  }

  static boolean isByStaff(Communication message, String sender) {
    return Stream.of("Practitioner/", "PractitionerRole/", "CareTeam/", "HealthcareService/")
            .anyMatch(sender::startsWith)
        && !message.hasExtension(AUTOMATIC)
        && message.getCategory().stream().allMatch(c -> Codes.ours(c, "automatic").isEmpty());
  }

  boolean reachesPatientSide(Chart chart) {
    return message.getRecipient().stream()
        .flatMap(r -> chart.local(r).stream())
        .anyMatch(Chart::isPatientSide);
  }

  String priority() {
    return message.hasPriority() ? message.getPriority().toCode() : "routine";
  }

  Set<String> categories() {
    return message.getCategory().stream()
        .flatMap(c -> c.getCoding().stream())
        .filter(Coding::hasCode)
        .map(Coding::getCode)
        .collect(Collectors.toSet());
  }
}
