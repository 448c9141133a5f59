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
import dev.parley.store.Written;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;

/**
 * {@code $move}: a message that is about another patient goes into that patient's thread; where it
 * was stays a tombstone with its number. Both or none.
 */
public final class MoveOperation {
  /** Of the message in its new thread: who has put it there. */
  static final String MOVED_BY = Codes.EXTENSIONS + "moved-by";

  private final Sender sender;
  private final Tools tools;

  MoveOperation(Sender sender) {
    this.sender = sender;
    this.tools = sender.tools();
  }

  /**
   * Answers the message in its new thread, and what is left. For its sender if they take part
   * there, and for staff who see both threads; the other patient's consent is asked.
   *
   * @param to the thread of the right patient
   * @param confirm true takes one's own message out of a staff-only thread to where a patient reads
   */
  @Operation(
      name = "$move",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "message-move")
  public Parameters move(
      @IdParam IdType id,
      @OperationParam(name = "to") Reference to,
      @OperationParam(name = "confirm") BooleanType confirm,
      RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    StoredResource stored = tools.as(request).read("Communication", id.getIdPart());
    Communication message = tools.chart().parse(stored, Communication.class);
    if (stored.withheld() || !message.hasPayload() || MessageRule.isDraft(message)) {
      throw Refusal.unprocessable(
          "business-rule", "nothing-to-move", stored.reference() + " is no message that was sent");
    }
    Communication thread = sender.thread(request, to);
    String target = thread.getIdElement().toUnqualifiedVersionless().getValue();
    if (message.getPartOf().stream()
        .anyMatch(p -> tools.chart().local(p).filter(target::equals).isPresent())) {
      throw Refusal.unprocessable(
          "business-rule", "same-thread", stored.reference() + " is in that thread");
    }
    boolean own = sender.inside(c -> sender.me(caller, c).is(message.getSender()));
    if (!own && caller.kind() != Caller.Kind.STAFF) {
      throw Refusal.forbidden(
          "not-yours-to-move",
          "A message is moved by its sender, or by staff who see both threads");
    }
    if (caller.kind() != Caller.Kind.STAFF) {
      sender.requireParticipant(thread, caller);
    }
    Communication from = sender.inside(c -> Header.over(message, tools.chart(), c));
    boolean confirmed = own && confirm != null && confirm.booleanValue();
    if (!confirmed && !Header.isPatientFacing(from) && Header.isPatientFacing(thread)) {
      throw Refusal.unprocessable(
          "business-rule",
          "staff-only",
          "What was said among staff is not moved to where a patient reads it; its sender may,"
              + " with \"confirm\"");
    }
    Communication copy = copy(message, thread, target, caller);
    Labels.copy(message, from, copy);
    Date now = Date.from(tools.clock().instant());
    Step tombstone =
        Step.byOperation(
                tools.fhir(),
                Communication.class,
                id.getIdPart(),
                left -> {
                  if (Recalled.is(left)) {
                    throw Refusal.unprocessable(
                        "business-rule", "recalled", "The message has been recalled");
                  }
                  Recalled.recall(left, Recalled.reason(Recalled.MOVED), now);
                })
            .ifMatch(stored.version());
    List<Written> written =
        tools
            .as(request)
            .write(List.of(Step.create(Draft.byOperation(copy, tools.fhir()), null), tombstone));
    Parameters answer = new Parameters();
    answer.addParameter().setName("message").setResource(sender.message(written.get(0)));
    answer.addParameter().setName("tombstone").setResource(sender.message(written.get(1)));
    return answer;
  }

  /** In its sender's name. Receipts stay behind: nobody there has read it. */
  private Communication copy(
      Communication message, Communication thread, String target, Caller caller) {
    Communication copy = message.copy();
    copy.setId((String) null);
    copy.setMeta(null);
    copy.setText(null);
    copy.setStatus(CommunicationStatus.INPROGRESS);
    copy.setIdentifier(new ArrayList<>());
    copy.setPartOf(new ArrayList<>(List.of(new Reference(target))));
    copy.setInResponseTo(new ArrayList<>());
    copy.setRecipient(new ArrayList<>());
    copy.setReceivedElement(null);
    copy.setEncounter(null);
    copy.setSubject(thread.getSubject().copy());
    copy.getExtension()
        .removeIf(
            e ->
                !Acknowledgement.URL.equals(e.getUrl())
                    && !Confirmed.URL.equals(e.getUrl())
                    && !Edits.URL.equals(e.getUrl())
                    && !LinkRule.FORWARDED.equals(e.getUrl()));
    copy.addExtension(new Extension(MOVED_BY, new Reference(caller.reference())));
    copy.getPayload().forEach(Draft::quoted);
    return copy;
  }
}
