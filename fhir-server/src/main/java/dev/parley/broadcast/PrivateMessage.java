// SPDX-License-Identifier: Apache-2.0
package dev.parley.broadcast;

import dev.parley.store.Chart;
import dev.parley.store.Codes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPriority;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.CommunicationRequest;
import org.hl7.fhir.r4.model.CommunicationRequest.CommunicationRequestPayloadComponent;
import org.hl7.fhir.r4.model.Reference;

/** What one recipient gets: a thread with the sender, and the message in it. */
final class PrivateMessage {
  private static final Set<String> ASKED = Set.of(Codes.ACKNOWLEDGE);

  private final String id;
  private final CommunicationRequest request;
  private final Chart chart;

  PrivateMessage(String id, CommunicationRequest request, Chart chart) {
    this.id = id;
    this.request = request;
    this.chart = chart;
  }

  Communication thread(String who, Connection connection) throws SQLException {
    Communication thread = common(who, connection);
    thread.addRecipient(request.getSender().copy().setDisplay(null));
    thread.addRecipient(new Reference(who));
    return thread;
  }

  Communication message(String who, String thread, Connection connection) throws SQLException {
    Communication message = common(who, connection);
    message.addPartOf(new Reference("Communication/" + thread));
    message.addRecipient(new Reference(who));
    message.addBasedOn(new Reference("CommunicationRequest/" + id));
    request.getMedium().forEach(m -> message.addMedium(m.copy()));
    request.getReasonCode().forEach(r -> message.addReasonCode(r.copy()));
    request.getExtension().stream()
        .filter(e -> ASKED.contains(e.getUrl()))
        .forEach(e -> message.addExtension(e.copy()));
    for (CommunicationRequestPayloadComponent part : request.getPayload()) {
      message.addPayload().setContent(part.getContent().copy());
    }
    return message;
  }

  /** Nothing of the others: they are neither recipients nor subject. */
  private Communication common(String who, Connection connection) throws SQLException {
    Communication common = new Communication().setStatus(CommunicationStatus.INPROGRESS);
    common.setSender(request.getSender().copy());
    common.setSubject(
        chart.patientOf(connection, who).map(Reference::new).orElse(request.getSubject().copy()));
    request.getCategory().stream()
        .filter(c -> !BroadcastRule.is(new CommunicationRequest().setCategory(List.of(c))))
        .map(CodeableConcept::copy)
        .forEach(common::addCategory);
    request.getAbout().forEach(a -> common.addAbout(a.copy().setDisplay(null)));
    request.getMeta().getSecurity().forEach(s -> common.getMeta().addSecurity(s.copy()));
    if (request.hasPriority()) {
      common.setPriority(CommunicationPriority.fromCode(request.getPriority().toCode()));
    }
    return common;
  }
}
