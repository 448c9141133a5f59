// SPDX-License-Identifier: Apache-2.0
package dev.parley.conversation;

import dev.parley.access.Refusal;
import dev.parley.store.Moments;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Communication.CommunicationPayloadComponent;
import org.hl7.fhir.r4.model.Communication.CommunicationStatus;
import org.hl7.fhir.r4.model.Extension;

/**
 * What can become of a message once it is sent. Everything but the one allowed step is kept from
 * storage, never taken from the body: clients write back what they were shown, which may be less.
 */
final class SentMessage {
  /** The one step. */
  enum Step {
    RECEIPT,
    EDIT,
    RECALL
  }

  private SentMessage() {}

  /**
   * Leaves in the new version what may change; whether it is still time for an edit is asked later.
   *
   * @throws Refusal 403 for somebody who neither sent nor received it; 422 if it has been recalled
   */
  static Step change(Communication before, Communication after, Membership me, Date now) {
    if (before.getStatus() == CommunicationStatus.ENTEREDINERROR) {
      throw Refusal.unprocessable("business-rule", "recalled", "The message has been recalled");
    }
    Step step = step(before, after, me);
    CommunicationStatus asked = after.getStatus();
    CodeableConcept reason = after.getStatusReason().copy();
    List<CommunicationPayloadComponent> payload = after.getPayload();
    Date received = after.getReceived();
    List<Extension> confirmed = after.getExtensionsByUrl(Confirmed.URL);
    empty(after);
    before.copyValues(after);
    switch (step) {
      case RECALL ->
          Recalled.recall(
              after, reason.isEmpty() ? Recalled.reason(Recalled.MISTAKE) : reason, now);
      case EDIT -> {
        Edits.edit(after, payload, now);
        Confirmed.put(after, confirmed);
      }
      case RECEIPT -> {
        after.setStatus(
            asked == CommunicationStatus.COMPLETED
                ? CommunicationStatus.COMPLETED
                : before.getStatus());
        if (!before.hasReceived()) {
          // The server's time: a client's clock may be wrong, and says nothing to others.
          after.setReceivedElement(
              Moments.utc(received == null || received.after(now) ? now : received));
        }
      }
    }
    return step;
  }

  private static Step step(Communication before, Communication after, Membership me) {
    CommunicationStatus asked = after.getStatus();
    boolean sender = me.is(before.getSender());
    if (sender && asked == CommunicationStatus.ENTEREDINERROR) {
      return Step.RECALL;
    }
    if (sender && asked == before.getStatus() && Edits.isEdit(before, after)) {
      return Step.EDIT;
    }
    if (me.receives(before)
        && asked != CommunicationStatus.ENTEREDINERROR
        && (after.hasReceived() || asked == CommunicationStatus.COMPLETED)) {
      return Step.RECEIPT;
    }
    throw Refusal.forbidden(
        "sent-is-final",
        "A sent message does not change: its recipients may acknowledge it (received), its sender"
            + " may edit its text while it is fresh, or recall it (entered-in-error); send a"
            + " correction as a new message");
  }

  private static void empty(Communication after) {
    after.setExtension(new ArrayList<>());
    after.setModifierExtension(new ArrayList<>());
    after.setContained(new ArrayList<>());
    after.setIdentifier(new ArrayList<>());
    after.setInstantiatesCanonical(new ArrayList<>());
    after.setInstantiatesUri(new ArrayList<>());
    after.setBasedOn(new ArrayList<>());
    after.setPartOf(new ArrayList<>());
    after.setInResponseTo(new ArrayList<>());
    after.setCategory(new ArrayList<>());
    after.setMedium(new ArrayList<>());
    after.setAbout(new ArrayList<>());
    after.setRecipient(new ArrayList<>());
    after.setReasonCode(new ArrayList<>());
    after.setReasonReference(new ArrayList<>());
    after.setPayload(new ArrayList<>());
    after.setNote(new ArrayList<>());
    after.setMeta(null);
    after.setText(null);
    after.setStatusReason(null);
    after.setPriorityElement(null);
    after.setSubject(null);
    after.setTopic(null);
    after.setEncounter(null);
    after.setSentElement(null);
    after.setReceivedElement(null);
    after.setSender(null);
  }
}
