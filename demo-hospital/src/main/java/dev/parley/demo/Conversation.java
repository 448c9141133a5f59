// SPDX-License-Identifier: Apache-2.0
package dev.parley.demo;

import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.DiagnosticReport;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;

/** Turns a script into a thread header and its messages. */
final class Conversation {
  private final Script script;
  private final Subjects subjects;
  private final List<String> senders;
  private final Set<String> participants;
  private final List<Communication> messages = new ArrayList<>();
  private final Communication header = new Communication();
  private OffsetDateTime last;

  Conversation(Script script, Subjects subjects, Participants people) {
    this.script = script;
    this.subjects = subjects;
    this.senders = script.lines().stream().map(l -> people.reference(script, l.who())).toList();
    this.participants = new LinkedHashSet<>(senders);
    if (script.kind().is("team")) {
      participants.add(people.team(script));
    }
    if (script.kind().is("denied")) {
      participants.add("Patient/" + script.patient());
    }
  }

  void addTo(Records records) {
    for (int i = 0; i < script.lines().size(); i++) {
      message(i);
    }
    fillHeader();
    records.add("thread-" + script.id(), header);
    for (int i = 0; i < messages.size(); i++) {
      records.add("%s-%02d".formatted(script.id(), i + 1), messages.get(i));
    }
  }

  private void fillHeader() {
    common(header);
    header.setStatus(threadStatus()).setTopic(new CodeableConcept().setText(script.title()));
    header.setSender(new Reference(senders.get(0)));
    participants.forEach(p -> header.addRecipient(new Reference(p)));
    header.setSentElement(messages.get(0).getSentElement().copy());
    for (Resource record : subjects.about()) {
      header.addAbout(Records.to(record));
      if (record instanceof DiagnosticReport) {
        header.addReasonReference(Records.to(record));
      }
    }
    for (String flag : script.kind().flags()) {
      if (flag.startsWith("lang:")) {
        header.setLanguage(flag.substring(5));
      }
    }
  }

  private void message(int index) {
    Script.Line line = script.lines().get(index);
    String sender = senders.get(index);
    Communication message = new Communication();
    common(message);
    message.addPartOf(new Reference("Communication/thread-" + script.id()));
    message.addIdentifier(clientId(index));
    message.setSender(new Reference(sender));
    participants.stream()
        .filter(p -> !p.equals(sender))
        .forEach(p -> message.addRecipient(new Reference(p)));
    OffsetDateTime sent = sent(line, index);
    message.setSentElement(BaseDate.dateTime(sent));
    answer(message, line, index, sender);
    if (index == 0) {
      subjects.about().forEach(r -> message.addAbout(Records.to(r)));
    }
    if (script.kind().is("denied")) {
      message.setStatus(CommunicationStatus.NOTDONE);
      message.setStatusReason(
          Codes.hl7("communication-not-done-reason", "patient-objection", "Patient Objection"));
    } else {
      message.addPayload().setContent(new StringType(subjects.fill(line.text())));
      deliver(message, sent, index);
    }
    messages.add(message);
  }

  /** What was written last in an open thread is still on its way to somebody. */
  private void deliver(Communication message, OffsetDateTime sent, int index) {
    boolean newest = index == script.lines().size() - 1;
    if (newest && script.kind().is("open")) {
      message.setStatus(CommunicationStatus.INPROGRESS);
      return;
    }
    message.setStatus(CommunicationStatus.COMPLETED);
    message.setReceivedElement(BaseDate.dateTime(sent.plusSeconds(2 + index % 5)));
  }

  private void answer(Communication message, Script.Line line, int index, String sender) {
    int answered = line.answers() > 0 ? line.answers() : index;
    if (index > 0 && (line.answers() > 0 || !senders.get(index - 1).equals(sender))) {
      message.addInResponseTo(
          new Reference("Communication/%s-%02d".formatted(script.id(), answered)));
    }
  }

  private void common(Communication communication) {
    communication.setSubject(new Reference("Patient/" + script.patient()));
    communication.addCategory(
        script.kind().is("urgent")
            ? Codes.hl7("communication-category", "alert", "Alert")
            : Codes.hl7("communication-category", "notification", "Notification"));
    communication.addCategory(Codes.ours("message-routing", script.kind().routing()));
    communication.addCategory(Codes.ours("audience", script.kind().audience()));
    communication.setPriority(
        script.kind().is("urgent")
            ? CommunicationPriority.URGENT
            : script.kind().is("asap")
                ? CommunicationPriority.ASAP
                : CommunicationPriority.ROUTINE);
    if (script.kind().is("confidential")) {
      communication.getMeta().addSecurity(Codes.RESTRICTED.copy());
    }
  }

  private CommunicationStatus threadStatus() {
    if (script.kind().is("paused") || script.kind().is("denied")) {
      return CommunicationStatus.ONHOLD;
    }
    int lastDay = script.lines().get(script.lines().size() - 1).day();
    return script.kind().is("open") || lastDay >= -4
        ? CommunicationStatus.INPROGRESS
        : CommunicationStatus.COMPLETED;
  }

  /** People do not write on the full minute, and the assistant answers within seconds. */
  private OffsetDateTime sent(Script.Line line, int index) {
    int seconds = (script.id().length() * 7 + index * 13) % 50;
    OffsetDateTime sent = BaseDate.at(line.day(), line.time()).plusSeconds(seconds);
    if (last != null && !sent.isAfter(last)) {
      sent = last.plusSeconds(4);
    }
    last = sent;
    return sent;
  }

  private Identifier clientId(int index) {
    byte[] seed = (script.id() + "/" + index).getBytes(StandardCharsets.UTF_8);
    return new Identifier()
        .setSystem(Codes.PARLEY + "NamingSystem/client-message-id")
        .setValue(UUID.nameUUIDFromBytes(seed).toString());
  }
}
