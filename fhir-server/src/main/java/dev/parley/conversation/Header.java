// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Caller;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import dev.parley.store.References;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Reference;

/** The header of the thread that a message opens. */
final class Header {

  /** What is said of one message, and would lower what the others need. */
  private static final Set<String> OF_A_MESSAGE = Set.of(Codes.AUTOMATIC, Codes.CONTENT_CLASSES);

  private Header() {}

  /** Sender and recipients take part; of what the message says, what is of the whole is copied. */
  static Communication of(Communication message, Caller caller, Chart chart) {
    Communication header = new Communication().setStatus(CommunicationStatus.INPROGRESS);
    Reference sender =
        message.hasSender() || caller.isSystem()
            ? message.getSender()
            : new Reference(caller.reference());
    if (sender.hasReference()) {
      header.setSender(sender.copy());
    }
    Map<String, Reference> people = new LinkedHashMap<>();
    Stream.concat(Stream.of(sender), message.getRecipient().stream())
        .filter(r -> r.hasReference() || r.hasIdentifier() || r.hasDisplay())
        .forEach(r -> people.putIfAbsent(chart.local(r).orElse(key(r)), r));
    people.values().forEach(r -> header.addRecipient(r.copy()));
    message.getCategory().stream()
        .filter(c -> c.getCoding().stream().noneMatch(i -> OF_A_MESSAGE.contains(i.getSystem())))
        .map(CodeableConcept::copy)
        .forEach(header::addCategory);
    if (isPatientFacing(header)) {
      header.getCategory().forEach(Header::codes);
    }
    if (message.hasSubject()) {
      header.setSubject(message.getSubject().copy());
    }
    if (message.hasTopic()) {
      header.setTopic(topic(message.getTopic(), isPatientFacing(header)));
    }
    if (message.hasEncounter()) {
      header.setEncounter(bare(message.getEncounter()));
    }
    message.getAbout().forEach(r -> header.addAbout(bare(r)));
    if (message.hasPriority()) {
      header.setPriority(message.getPriority());
    }
    message.getMeta().getSecurity().forEach(c -> header.getMeta().addSecurity(c.copy()));
    return header;
  }

  /**
   * A header is read also by who may not read its messages yet: no words of a patient's message.
   */
  private static CodeableConcept topic(CodeableConcept topic, boolean isPatientFacing) {
    CodeableConcept copy = topic.copy();
    if (isPatientFacing) {
      codes(copy);
    }
    return copy;
  }

  private static void codes(CodeableConcept concept) {
    concept.setText(null);
    concept.getCoding().forEach(c -> c.setDisplay(null));
  }

  private static Reference bare(Reference reference) {
    return reference.copy().setDisplay(null);
  }

  /** The thread of a message, past visibility; the message itself if it is part of none. */
  static Communication over(Communication message, Chart chart, Connection connection)
      throws SQLException {
    String reference =
        message.getPartOf().stream()
            .flatMap(p -> chart.local(p).stream())
            .filter(p -> p.startsWith("Communication/"))
            .findFirst()
            .orElse(null);
    return reference == null
        ? message
        : chart.find(connection, reference, Communication.class).orElse(message);
  }

  /** Whether the patient or a proxy takes part, or it says that it is for them. */
  static boolean isPatientFacing(Communication header) {
    return header.getCategory().stream()
        .flatMap(c -> c.getCoding().stream())
        .filter(c -> Codes.AUDIENCES.equals(c.getSystem()))
        .findFirst()
        .map(c -> !"staff-only".equals(c.getCode()))
        .orElseGet(
            () ->
                Membership.participants(header)
                    .map(References::typeOf)
                    .anyMatch(t -> "Patient".equals(t) || "RelatedPerson".equals(t)));
  }

  private static String key(Reference reference) {
    return reference.hasReference()
        ? reference.getReference()
        : reference.getIdentifier().getSystem()
            + "|"
            + reference.getIdentifier().getValue()
            + "|"
            + reference.getDisplay();
  }
}
