// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Draft;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.util.Optional;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** {@code $forward}: what a message says, once more in another thread, in the caller's name. */
public final class ForwardOperation {
  private final Sender sender;
  private final Tools tools;

  ForwardOperation(Sender sender) {
    this.sender = sender;
    this.tools = sender.tools();
  }

  /**
   * Answers the new message, written by all the rules for one of the caller.
   *
   * @param to the thread
   * @param text what the caller says before it, or nothing
   * @param confirmed that the caller means this text as it is, whatever is read wrongly in it
   * @param reason why it goes into the thread of another patient, or from among staff to where a
   *     patient reads it: for staff, and for the audit
   */
  @Operation(
      name = "$forward",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-forward")
  public Communication forward(
      @IdParam IdType id,
      @OperationParam(name = "to") Reference to,
      @OperationParam(name = "text") StringType text,
      @OperationParam(name = "confirmed") BooleanType confirmed,
      @OperationParam(name = "reason") StringType reason,
      RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    StoredResource stored = tools.as(request).read("Communication", id.getIdPart());
    Communication message = tools.chart().parse(stored, Communication.class);
    if (stored.withheld() || !message.hasPayload() || MessageRule.isDraft(message)) {
      throw Refusal.unprocessable(
          "business-rule",
          "nothing-to-forward",
          stored.reference() + " says nothing to you that could be forwarded");
    }
    Communication thread = sender.thread(request, to);
    Optional<String> from = tools.chart().local(message.getSubject());
    Optional<String> about = tools.chart().local(thread.getSubject());
    boolean across = from.isPresent() && !from.equals(about);
    if (across && (caller.kind() != Caller.Kind.STAFF || reason == null || reason.isEmpty())) {
      throw Refusal.unprocessable(
          "business-rule",
          "other-patient",
          "The thread is about another patient; staff give a \"reason\" for that");
    }
    Communication source = sender.inside(c -> Header.over(message, tools.chart(), c));
    boolean revealing = !Header.isPatientFacing(source) && Header.isPatientFacing(thread);
    if (revealing && (reason == null || reason.isEmpty())) {
      throw Refusal.unprocessable(
          "business-rule",
          "staff-only",
          "It was said among staff, and the patient reads that thread; give a \"reason\" for that");
    }
    Communication copy = new Communication().setStatus(CommunicationStatus.INPROGRESS);
    copy.addPartOf(new Reference(thread.getIdElement().toUnqualifiedVersionless()));
    copy.addExtension(new Extension(LinkRule.FORWARDED, new Reference(stored.reference())));
    if (text != null && !text.isEmpty()) {
      copy.addPayload(new CommunicationPayloadComponent(new StringType(text.getValue())));
      Confirmed.write(copy, confirmed);
    }
    message.getPayload().forEach(p -> copy.addPayload(Draft.quoted(Edits.forwarded(p.copy()))));
    Labels.copy(message, source, copy);
    copy.setSender(new Reference(caller.reference()));
    sender.requireParticipant(thread, caller);
    Caller why =
        across || revealing
            ? caller.asking(new Caller.Purpose("TREAT", reason.getValue()))
            : caller;
    return sender.message(
        tools
            .store()
            .get()
            .as(why, tools.origin().apply(request))
            .write(Step.create(Draft.byOperation(copy, tools.fhir()), null)));
  }
}
